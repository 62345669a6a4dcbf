// SPDX-License-Identifier: MIT
/* Tells what a Python program imports, by the static probes that the interpreter was built with. */
#include "vmlinux.h"
#include "p3ebpf_usdt.h"

struct import {
	u64 nanoseconds;
	u32 pid;
	u32 found;
	char module[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} imports SEC(".maps");

BPF_RECORD(imports, struct import);

/* Since when a thread looks for the module whose name is at an address: one import brings others. */
struct search {
	u64 thread;
	u64 name;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct search);
	__type(value, u64);
} searches SEC(".maps");

SEC("usdt//usr/bin/python3:python:import__find__load__start")
int on_start(struct pt_regs *context)
{
	struct search search = { .thread = bpf_get_current_pid_tgid() };
	u64 now = bpf_ktime_get_ns();

	if (!bpf_usdt_arg(context, 0, (long *)&search.name))
		bpf_map_update_elem(&searches, &search, &now, BPF_ANY);
	return 0;
}

SEC("usdt//usr/bin/python3:python:import__find__load__done")
int on_done(struct pt_regs *context)
{
	struct search search = { .thread = bpf_get_current_pid_tgid() };
	long found;

	if (bpf_usdt_arg(context, 0, (long *)&search.name) || bpf_usdt_arg(context, 1, &found))
		return 0;

	u64 *since = bpf_map_lookup_elem(&searches, &search);
	struct import *import = since ? bpf_ringbuf_reserve(&imports, sizeof(*import), 0) : 0;

	if (!import)
		return 0;
	import->nanoseconds = bpf_ktime_get_ns() - *since;
	import->pid = search.thread >> 32;
	import->found = found;
	bpf_probe_read_user_str(import->module, sizeof(import->module), (void *)search.name);
	bpf_ringbuf_submit(import, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
