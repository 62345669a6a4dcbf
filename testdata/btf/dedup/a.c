#include "shared.h"
struct hidden { struct tree *tree; int value; double d; };
union either { u32 x; u64 y; };
struct tree t; walker_t w; enum big big;
int visit(struct tree *tree, struct hidden *h) { return tree->count + h->value; }
