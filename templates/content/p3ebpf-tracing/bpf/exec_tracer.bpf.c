// SPDX-License-Identifier: GPL-2.0
/* Tells of every program that is started. */
#include "vmlinux.h"
#include "p3ebpf.h"

struct event {
	u32 pid;
	u32 uid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

/* The records of the ring buffer: the C# reads them as this struct. */
BPF_RECORD(events, struct event);

SEC("tracepoint/sched/sched_process_exec")
int on_exec(void *context)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
