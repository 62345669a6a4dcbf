/* SPDX-License-Identifier: MIT */
/* Programs for static probes, written with libbpf's usdt.bpf.h: they keep what the probes of testdata/elf tell them. */
#include <linux/types.h>
#include <linux/ptrace.h>
#include <linux/bpf.h>
typedef _Bool bool;
#include <bpf/usdt.bpf.h>

char _license[] SEC("license") = "GPL";

__u64 hits_usdt;
__u64 hits_usdt_s;
__u64 step_sum;
long step_values[16];
long guarded[4];
__u64 guarded_cookie;
int guarded_count;
long constant_value;

SEC("?usdt/probes.pie:p3sample:step") int usdt(struct pt_regs *ctx)
{
	long index, value;

	__sync_fetch_and_add(&hits_usdt, 1);
	if (bpf_usdt_arg(ctx, 0, &index) || bpf_usdt_arg(ctx, 1, &value))
		return 0;
	step_values[index & 15] = value;
	__sync_fetch_and_add(&step_sum, value);
	return 0;
}

SEC("?usdt.s/probes.pie:p3sample:step") int usdt_s(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&hits_usdt_s, bpf_usdt_arg_cnt(ctx) == 2);
	return 0;
}

SEC("?usdt/probes.pie:p3sample:guarded") int on_guarded(struct pt_regs *ctx)
{
	long value;

	guarded_count = bpf_usdt_arg_cnt(ctx);
	guarded_cookie = bpf_usdt_cookie(ctx);
	if (!bpf_usdt_arg(ctx, 0, &value))
		guarded[0] = value;
	if (!bpf_usdt_arg(ctx, 1, &value))
		guarded[1] = value;
	if (!bpf_usdt_arg(ctx, 2, &value))
		guarded[2] = value;
	if (!bpf_usdt_arg(ctx, 3, &value))
		guarded[3] = value;
	return 0;
}

SEC("?usdt/libversions.so:p3library:answered") int BPF_USDT(on_answered, int value)
{
	constant_value = value;
	return 0;
}
