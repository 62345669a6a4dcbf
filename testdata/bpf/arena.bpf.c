// SPDX-License-Identifier: MIT
/* An arena with global variables, a list that programs and user space build together, and pages that a program allocates. Needs Linux 6.9. */
#include "bpf.h"

#define BPF_MAP_TYPE_ARENA 33
#define BPF_F_MMAPABLE (1 << 10)
#define NUMA_NO_NODE -1
#define ARENA __attribute__((address_space(1)))
#define ARENA_VARIABLE ARENA SEC(".addr_space.1")

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
} arena SEC(".maps");

struct node {
	struct node ARENA *next;
	u64 value;
};

extern void ARENA *bpf_arena_alloc_pages(void *map, void ARENA *address, u32 pages, int node, u64 flags) SEC_EXTERN(".ksyms");

u64 ARENA_VARIABLE counter = 40;
struct node ARENA *ARENA_VARIABLE head = 0;
char ARENA_VARIABLE text[8] = "arena";

/* counter, after adding 1 to it */
SEC("syscall")
int count(void *context)
{
	return ++counter;
}

/* Puts a new page before the list, a node with the value 7 at its start. */
SEC("syscall")
int push(void *context)
{
	struct node ARENA *node = bpf_arena_alloc_pages(&arena, 0, 1, NUMA_NO_NODE, 0);

	if (!node)
		return 1;
	node->value = 7;
	node->next = head;
	head = node;
	return 0;
}

/* The sum of the values in the list, of ten nodes at most. */
SEC("syscall")
int sum(void *context)
{
	struct node ARENA *node = head;
	int total = 0;

	for (int i = 0; i < 10 && node; i++) {
		total += node->value;
		node = node->next;
	}
	return total;
}

char LICENSE[] SEC("license") = "GPL";
