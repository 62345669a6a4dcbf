#include "shared.h"
union either { u32 x; u64 y; };
struct local { long only_in_c; struct tree *t; };
struct opaque;
struct holder { struct opaque *o; union either e; struct node n[3]; int (*f)(struct opaque *); };
struct holder h; struct local l; walker_t w3;
int look(struct holder *x) { return x->e.x; }
