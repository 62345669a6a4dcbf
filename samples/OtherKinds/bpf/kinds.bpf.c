// SPDX-License-Identifier: MIT
/* Kinds of programs that have no sample of their own, as small as they get. */
#include "vmlinux.h"
#include "p3ebpf.h"

/* Where a CPU is found when it is looked at regularly, by process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u64);
} ticks SEC(".maps");

SEC("perf_event")
int on_tick(struct bpf_perf_event_data *context)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u64 one = 1, *count = bpf_map_lookup_elem(&ticks, &pid);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&ticks, &pid, &one, BPF_NOEXIST);
	return 0;
}

/* One socket for a hundred ports. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} listener SEC(".maps");

static long (*const bpf_sk_assign)(void *context, void *socket, u64 flags) = (void *)124;
static long (*const bpf_sk_release)(void *socket) = (void *)86;

SEC("sk_lookup")
int choose_socket(struct bpf_sk_lookup *context)
{
	u32 first = 0;
	void *socket;

	if (context->local_port < 7000 || context->local_port >= 7100)
		return SK_PASS;
	socket = bpf_map_lookup_elem(&listener, &first);
	if (!socket)
		return SK_DROP;
	bpf_sk_assign(context, socket, 0);
	bpf_sk_release(socket);
	return SK_PASS;
}

/* Packets for this machine that are longer than so many bytes do not arrive. */
u32 longest = 1500;
u64 dropped;

SEC("netfilter")
int drop_long(struct bpf_nf_ctx *context)
{
	if (context->skb->len <= longest)
		return 1; /* NF_ACCEPT */
	__sync_fetch_and_add(&dropped, 1);
	return 0; /* NF_DROP */
}

/* Is run, and not attached: what it is given it may change. */
struct sum {
	s64 a, b, result;
};

struct sum *sum_record;

SEC("syscall")
int add(struct sum *sum)
{
	sum->result = sum->a + sum->b;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
