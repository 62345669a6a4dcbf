// SPDX-License-Identifier: MIT
/* What XDP programs say about a packet to those that come later, and what they ask its device. */
#include "bpf.h"

#define XDP_PASS 2
#define TC_ACT_UNSPEC -1
#define XDP_MARK 0xfeed

struct xdp_md {
	u32 data;
	u32 data_end;
	u32 data_meta;
};

struct __sk_buff {
	u32 before[19];
	u32 data;
	u32 between[15];
	u32 data_meta;
};

enum xdp_rss_hash_type { XDP_RSS_TYPE_NONE };

static long (*const bpf_xdp_adjust_meta)(struct xdp_md *packet, s32 delta) = (void *)54;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *packet, u32 *hash, enum xdp_rss_hash_type *type) SEC_EXTERN(".ksyms") __attribute__((weak));

u32 found;
u32 asked;
s32 answer;

SEC("xdp") int mark(struct xdp_md *packet)
{
	u32 *mark;

	if (bpf_xdp_adjust_meta(packet, -(s32)sizeof(*mark)))
		return XDP_PASS;
	mark = (u32 *)(long)packet->data_meta;
	if ((void *)(mark + 1) <= (void *)(long)packet->data)
		*mark = XDP_MARK;
	return XDP_PASS;
}

SEC("tc") int look(struct __sk_buff *packet)
{
	u32 *mark = (u32 *)(long)packet->data_meta;

	if ((void *)(mark + 1) <= (void *)(long)packet->data)
		found = *mark;
	return TC_ACT_UNSPEC;
}

/* To be bound to a device; Linux 6.3 */
SEC("?xdp") int ask(struct xdp_md *packet)
{
	enum xdp_rss_hash_type type;
	u32 hash;

	answer = bpf_xdp_metadata_rx_hash(packet, &hash, &type);
	asked++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
