// SPDX-License-Identifier: MIT
/* Tells which names programs look up with libc's getaddrinfo, and how long each took. */
#include "vmlinux.h"
#include "p3ebpf.h"

struct lookup {
	u32 pid;
	s32 error;
	u64 nanoseconds;
	char comm[16];
	char name[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} lookups SEC(".maps");

BPF_RECORD(lookups, struct lookup);

struct call {
	u64 since;
	const char *name;
};

/* Calls that have not returned, by thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct call);
} calls SEC(".maps");

SEC("uprobe/libc.so.6:getaddrinfo")
int on_call(struct pt_regs *context)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct call call = { .since = bpf_ktime_get_ns(), .name = (void *)PT_REGS_PARM1(context) };

	bpf_map_update_elem(&calls, &thread, &call, BPF_ANY);
	return 0;
}

SEC("uretprobe/libc.so.6:getaddrinfo")
int on_return(struct pt_regs *context)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct call *call = bpf_map_lookup_elem(&calls, &thread);
	struct lookup *lookup = call ? bpf_ringbuf_reserve(&lookups, sizeof(*lookup), 0) : 0;

	if (!lookup)
		return 0;
	lookup->pid = thread >> 32;
	lookup->error = PT_REGS_RC(context);
	lookup->nanoseconds = bpf_ktime_get_ns() - call->since;
	bpf_get_current_comm(lookup->comm, sizeof(lookup->comm));
	bpf_probe_read_user_str(lookup->name, sizeof(lookup->name), call->name);
	bpf_ringbuf_submit(lookup, 0);
	bpf_map_delete_elem(&calls, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
