// SPDX-License-Identifier: MIT
/* A bad line: of the datagrams that are sent to a port, one in so many gets lost. */
#include "vmlinux.h"
#include "p3ebpf.h"

/* Constants are set before loading; the verifier leaves out what they make unreachable. */
const volatile u16 port = 9;
const volatile u32 lose_one_in = 4;

/* Variables can be read and written while the program runs. */
u64 seen;
u64 lost;

SEC("tcx/egress")
int lose(struct __sk_buff *packet)
{
	void *data = (void *)(long)packet->data, *end = (void *)(long)packet->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = data + sizeof(*ethernet);
	struct udphdr *udp = (void *)ip + sizeof(*ip);

	if ((void *)udp + sizeof(*udp) > end || ethernet->h_proto != bpf_htons(0x0800) || ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(port))
		return TCX_NEXT;
	if (++seen % lose_one_in)
		return TCX_NEXT;
	lost++;
	return TCX_DROP;
}

char LICENSE[] SEC("license") = "GPL";
