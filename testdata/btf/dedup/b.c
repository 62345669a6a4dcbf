#include "shared.h"
struct local { int only_in_b; struct tree *t; };
struct tree t2; walker_t w2; struct local l; static enum color c = GREEN; enum color *cp = &c;
int visit(struct tree *tree, struct hidden *h) { return tree->count + (h != 0); }
int count(walker_t *w) { return w->t->count; }
