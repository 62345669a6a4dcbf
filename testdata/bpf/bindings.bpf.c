// SPDX-License-Identifier: MIT
/*
 * What C has and C# has not, for generated bindings: bitfields, unions, unnamed members, packed structs, arrays of arrays, enumerations of every
 * size, a typedef of a struct without a name, flexible arrays, and names that collide or that C# keeps for itself. The program needs no hook.
 */
#include "bpf.h"

#define BPF_MAP_TYPE_LRU_PERCPU_HASH 10

struct __sk_buff;

enum color { RED = 1, GREEN, BLUE = 0x7fffffff };
enum signed_enum { BELOW = -5, ABOVE = 5 };
enum __attribute__((packed)) tiny { TINY_NONE, TINY_ALL = 255 };
enum huge { HUGE_MIN = 1, HUGE_MAX = 0xffffffffffffffff };
enum deep { DEEP = -0x7fffffffffffffff - 1 };

typedef struct {
	u32 x;
	u32 y;
} point_t;

typedef point_t location;

struct packed {
	u8 tag;
	u32 value;
	u16 odd : 11;
	u16 across : 11;
	s32 sign : 7;
} __attribute__((packed));

struct event {
	u64 time;
	enum color color;
	enum tiny tiny;
	_Bool ok;
	char text[12];
	union {
		u32 number;
		struct {
			u16 low;
			u16 high;
		};
		u8 bytes[4];
	};
	union {
		s64 wide;
		double real;
	} either;
	unsigned int first : 3;
	int second : 5;
	enum color shade : 31;
	_Bool flag : 1;
	u64 long_bits : 40;
	struct packed packed;
	location places[2];
	u8 grid[2][3];
	struct event *next;
	int (*callback)(void *, struct event *);
	/* names */
	u32 event;
	u32 class;
	u32 __class;
	u32 to_string;
	u64 end[];
};

struct key {
	u32 id;
	u8 kind;
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct key);
	__type(value, location);
} places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 8);
	__uint(key_size, 6);
	__uint(value_size, 8);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* says what the records are */
struct event *events_record;

enum signed_enum signed_enum = BELOW;
enum huge huge = HUGE_MAX;
enum deep deep = DEEP;
const volatile char command[16] = "none";
const volatile _Bool loud = 0;
u32 load = 1;
u32 object = 2;

/* 0; sends an event whose members are told by their names, and notes a place */
SEC("socket")
int send(struct __sk_buff *packet)
{
	struct event event = {
		.time = 7, .color = GREEN, .tiny = TINY_ALL, .ok = 1, .text = "hello", .low = 1, .high = 2, .either.real = 0.5, .first = 5, .second = -3,
		.shade = BLUE, .flag = 1, .long_bits = 0x8000000001, .packed = {.tag = 9, .value = 0xdeadbeef, .odd = 2047, .across = 1025, .sign = -64},
		.places = {{1, 2}, {3, 4}}, .grid = {{1, 2, 3}, {4, 5, 6}}, .event = 11, .class = 12, .__class = 13, .to_string = 14,
	};
	struct key key = {.id = 3, .kind = 4};
	location place = {.x = load, .y = object};

	for (int i = 0; i < 12; i++)
		if (command[0] != 'n')
			event.text[i] = command[i];
	bpf_map_update_elem(&places, &key, &place, BPF_ANY);
	return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
