// SPDX-License-Identifier: GPL-2.0
/* Counts what a network device receives, by protocol, before the kernel makes packets of it. */
#include "vmlinux.h"
#include "p3ebpf.h"

#define IPV4 __builtin_bswap16(0x0800) /* ETH_P_IP, as it is on the wire */

struct traffic {
	u64 packets;
	u64 bytes;
};

/* Every CPU counts for itself, so that none waits for another. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct traffic);
} by_protocol SEC(".maps");

SEC("xdp")
int count_packet(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);

	/* What was not compared with the end may not be read: the verifier sees to that. */
	if ((void *)(ip + 1) > end || ethernet->h_proto != IPV4)
		return XDP_PASS;

	u32 protocol = ip->protocol;
	struct traffic *traffic = bpf_map_lookup_elem(&by_protocol, &protocol);

	if (traffic) {
		traffic->packets++;
		traffic->bytes += end - data;
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
