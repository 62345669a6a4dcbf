// SPDX-License-Identifier: MIT
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

BPF_RECORD(events, struct event);

const volatile u32 only_uid = -1;

SEC("tracepoint/sched/sched_process_exec")
int on_exec(void *context)
{
	u32 uid = bpf_get_current_uid_gid();

	if (only_uid != -1 && uid != only_uid)
		return 0;

	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->uid = uid;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
