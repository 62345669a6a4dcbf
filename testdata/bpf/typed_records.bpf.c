// SPDX-License-Identifier: MIT
/* Records whose types the source says: those that user space writes into a ring, and those of an iterator over tasks. Linux 6.1. */
#include "bpf.h"

#define BPF_MAP_TYPE_USER_RINGBUF 31

static long (*const bpf_seq_write)(void *file, const void *data, u32 size) = (void *)127;
static long (*const bpf_dynptr_read)(void *to, u32 length, const void *from, u32 offset, u64 flags) = (void *)201;
static long (*const bpf_user_ringbuf_drain)(void *map, void *callback, void *context, u64 flags) = (void *)209;

struct command {
	u32 number;
	u64 factor;
};

struct process {
	u64 answer;
	u32 pid;
	u32 parent;
};

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

struct command *commands_record;
struct process *walk_record;

u64 sum;

/* a struct in a struct, an array of them, a pointer, text */
struct trace {
	struct command last;
	struct process owners[2];
	void *next;
	char name[8];
} trace;

static long take(void *record, void *context)
{
	struct command command = {};

	bpf_dynptr_read(&command, sizeof(command), record, 0, 0);
	sum += command.number * command.factor;
	return 0;
}

SEC("syscall")
int drain(void *context)
{
	return bpf_user_ringbuf_drain(&commands, take, 0, 0);
}

struct seq_file;

struct task_struct {
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

SEC("iter/task")
int walk(struct bpf_iter__task *context)
{
	struct process process = {.answer = 42};
	struct task_struct *task = context->task;

	if (!task)
		return 0;
	process.pid = task->tgid;
	process.parent = task->real_parent->tgid;
	bpf_seq_write(context->meta->seq, &process, sizeof(process));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
