#include "shared.h"
struct opaque { struct holder *back; int v; };
struct opaque o; struct local; struct local *lp;
int peek(struct opaque *x, struct local *l) { return x->v; }
