typedef unsigned int u32; typedef unsigned long long u64; typedef unsigned char u8; typedef _Bool bool_t;
struct list_head { struct list_head *next, *prev; };
struct hidden; union either; enum state; 
enum color { RED, GREEN = 5, BLUE };
enum big { HUGE_VALUE = 0x100000000ULL };
struct ops { int (*open)(struct hidden *h, u32 flags); void (*close)(const struct hidden *h); u64 (*sum)(u8 data[4], ...); };
struct node { struct list_head list; struct node *parent; union { u32 id; struct { u8 a, b; u8 c[2]; }; }; const struct ops *ops; enum color color; u32 low:3, high:5; };
struct tree { struct node root; struct node *nodes[8]; volatile u32 count; struct hidden *hidden; union either *either; char name[16]; };
typedef struct { struct tree *t; int (*cb)(struct tree *, void *); } walker_t;
