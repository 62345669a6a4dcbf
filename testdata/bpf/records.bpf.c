// SPDX-License-Identifier: MIT
/*
 * What programs send to user space: typed records through a ring buffer and a perf buffer, records of an unknown type, lines of trace_pipe, an iterator;
 * and programs whose section names leave open where they go. Needs Linux 5.8.
 */
#include "bpf.h"

#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_MAP_TYPE_QUEUE 22
#define BPF_F_CURRENT_CPU 0xffffffffULL
#define PRESERVED __attribute__((preserve_access_index))

static long (*const bpf_trace_printk)(const char *format, u32 size, ...) = (void *)6;
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*const bpf_perf_event_output)(void *context, void *map, u64 flags, void *data, u64 size) = (void *)25;
static long (*const bpf_seq_printf)(void *file, const char *format, u32 size, const void *data, u32 length) = (void *)126;
static void *(*const bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(void *record, u64 flags) = (void *)132;

enum kind { KIND_NONE, KIND_CALL = 7 };

struct event {
	u32 pid;
	enum kind kind;
	u64 number;
	char text[12];
};

/* Types of records are in no map, and would be left out of the types of the object. */
struct event *unused_event;

const volatile u32 watched;
u64 sent;
enum kind kind = KIND_CALL;
char greeting[12] = "hello";
struct {
	s32 low;
	s32 high;
} range = {-5, 5};
void *pointer;
u8 flag;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct event);
} last SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__uint(key_size, 0);
	__uint(value_size, sizeof(u64));
} waiting SEC(".maps");

static int is_watched(void)
{
	return bpf_get_current_pid_tgid() >> 32 == watched;
}

static void fill(struct event *event)
{
	event->pid = watched;
	event->kind = kind;
	event->number = ++sent;
	__builtin_memcpy(event->text, greeting, sizeof(event->text));
}

SEC("raw_tp/sys_enter")
int to_ring(void *arguments)
{
	struct event *event, copy;
	u32 key = watched;

	if (!is_watched())
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	fill(event);
	copy = *event; /* older kernels take values of maps from the stack */
	bpf_map_update_elem(&last, &key, &copy, 0);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("?raw_tp/sys_enter")
int to_perf(void *arguments)
{
	struct event event = {};

	if (!is_watched())
		return 0;
	fill(&event);
	bpf_perf_event_output(arguments, &samples, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

/* 5 bytes, as no struct has */
SEC("?raw_tp/sys_enter")
int to_ring_untyped(void *arguments)
{
	char bytes[5] = {'a', '\n', 'b', 0x1b, 'c'};

	if (is_watched())
		bpf_ringbuf_output(&events, bytes, sizeof(bytes), 0);
	return 0;
}

SEC("?raw_tp/sys_enter")
int to_trace(void *arguments)
{
	static const char format[] = "call of %d";

	if (is_watched())
		bpf_trace_printk(format, sizeof(format), watched);
	return 0;
}

struct seq_file;

struct task_struct {
	int pid;
} PRESERVED;

struct bpf_iter_meta {
	struct seq_file *seq;
} PRESERVED;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} PRESERVED;

SEC("?iter/task")
int walk(struct bpf_iter__task *context)
{
	static const char format[] = "task %d\n";
	struct task_struct *task = context->task;
	u64 pid;

	if (!task)
		return 0;
	pid = task->pid;
	bpf_seq_printf(context->meta->seq, format, sizeof(format), &pid, sizeof(pid));
	return 0;
}

SEC("?xdp")
int pass(void *context)
{
	__sync_fetch_and_add(&sent, 1);
	return 2;
}

SEC("?tc")
int classify(void *context)
{
	return 0;
}

SEC("?cgroup/skb")
int admit(void *context)
{
	return 1;
}

SEC("?uprobe")
int on_function(void *registers)
{
	return 0;
}

SEC("?freplace/times")
int replacement(int number, int factor)
{
	return number + factor;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
