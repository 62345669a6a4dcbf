// SPDX-License-Identifier: MIT
/*
 * Global variables, function calls, callbacks and the less usual maps. The socket programs need no hook: run them with
 * BPF_PROG_TEST_RUN, the value each returns is told above it. Needs Linux 5.13.
 */
#include "bpf.h"

struct __sk_buff;

/* .rodata, .data, a custom section of each kind, .bss */
const volatile u32 multiplier = 3;
const volatile u8 enabled = 1;
const volatile u64 limit SEC(".rodata.limits") = 1000000000000;
u64 counter = 40;
struct {
	s32 low;
	s32 high;
} range = {-5, 5};
u32 custom SEC(".data.custom") = 7;
u64 total;
u32 history[4];

extern int LINUX_KERNEL_VERSION SEC_EXTERN(".kconfig");
extern int CONFIG_NO_SUCH_OPTION SEC_EXTERN(".kconfig") __attribute__((weak));
extern const void no_such_symbol SEC_EXTERN(".ksyms") __attribute__((weak));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} runs_per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct inner_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct inner_map);
} outer SEC(".maps") = {
	.values = {[1] = &inner},
};

struct event {
	u64 number;
	u32 custom;
	char text[12];
};

/* A global function: the verifier checks it by itself. */
NO_INLINE int times(int number, int factor)
{
	return number * factor;
}

/* A static one: checked anew at every call. */
static NO_INLINE int plus_range(int number)
{
	return number + range.high - range.low;
}

/* ++counter * multiplier + 10 + custom, so 140 at first and 3 more each time; 0 when not enabled */
SEC("socket")
int compute(struct __sk_buff *packet)
{
	if (!enabled || counter >= limit)
		return 0;
	counter++;
	total += counter;
	history[counter % 4] = counter;
	return plus_range(times(counter, multiplier)) + custom;
}

static long add_number(void *map, const u32 *index, const u64 *number, u64 *sum)
{
	*sum += *number;
	return 0;
}

/* the sum of the elements of `numbers` */
SEC("socket")
int sum_numbers(struct __sk_buff *packet)
{
	u64 sum = 0;

	bpf_for_each_map_elem(&numbers, add_number, &sum, 0);
	return sum;
}

/* what stands in the map that is in slot 1 of `outer` (at first, `inner`); -1 with the slot empty */
SEC("socket")
int read_inner(struct __sk_buff *packet)
{
	u32 slot = 1, key = 0;
	void *map = bpf_map_lookup_elem(&outer, &slot);
	u64 *value = map ? bpf_map_lookup_elem(map, &key) : 0;

	return value ? *value : -1;
}

/* 0; counts in `runs_per_cpu` on the CPU it runs on, and sends one event with that count */
SEC("socket")
int send_event(struct __sk_buff *packet)
{
	u32 key = 0;
	u64 *runs = bpf_map_lookup_elem(&runs_per_cpu, &key);
	struct event event = {.custom = custom, .text = "hello"};

	if (runs)
		event.number = ++*runs;
	return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

/* LINUX_KERNEL_VERSION, as (major << 16) + (minor << 8) + min(patch, 255); 0 if what must be absent is there */
SEC("socket")
int kernel_version(struct __sk_buff *packet)
{
	if (&no_such_symbol || CONFIG_NO_SUCH_OPTION)
		return 0;
	return LINUX_KERNEL_VERSION;
}

/* Loaded only on demand. */
SEC("?raw_tp/sys_enter")
int on_demand(void *arguments)
{
	total++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
