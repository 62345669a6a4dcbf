/* SPDX-License-Identifier: MIT */
/*
 * Arguments of static probes (USDT). Where a site of a probe has them, the loader writes into the two maps below, whose names and layout are those
 * of libbpf's usdt.bpf.h.
 */
#ifndef __P3EBPF_USDT_H__
#define __P3EBPF_USDT_H__

#include "p3ebpf.h"

#define BPF_USDT_MAX_ARG_CNT 12

enum __bpf_usdt_arg_type {
	BPF_USDT_ARG_CONST,
	BPF_USDT_ARG_REG,
	BPF_USDT_ARG_REG_DEREF,
	BPF_USDT_ARG_SIB,
};

struct __bpf_usdt_arg_spec {
	__u64 val_off;
	__u32 kind : 8;
	__u32 index_register : 12;
	__u32 scale : 4;
	__u32 : 8;
	__s16 reg_off;
	__u8 is_signed;
	__s8 shift;
};

struct __bpf_usdt_spec {
	struct __bpf_usdt_arg_spec args[BPF_USDT_MAX_ARG_CNT];
	__u64 usdt_cookie;
	__s16 arg_cnt;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, int);
	__type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps") __attribute__((weak));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, long);
	__type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps") __attribute__((weak));

extern const _Bool LINUX_HAS_BPF_COOKIE __attribute__((section(".kconfig")));

#if defined(__TARGET_ARCH_arm64)
#define __usdt_ip(context) (((struct user_pt_regs *)(context))->pc)
#else
#define __usdt_ip(context) ((context)->ip)
#endif

static __always_inline struct __bpf_usdt_spec *__usdt_site(struct pt_regs *context)
{
	int id;

	if (LINUX_HAS_BPF_COOKIE) {
		id = bpf_get_attach_cookie(context);
	} else {
		long address = __usdt_ip(context);
		__u32 *found = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &address);

		if (!found)
			return 0;
		id = *found;
	}
	return bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
}

/* How many arguments the probe has, negative where that is not known. */
static __attribute__((noinline, unused)) int bpf_usdt_arg_cnt(struct pt_regs *context)
{
	struct __bpf_usdt_spec *site = __usdt_site(context);

	return site ? site->arg_cnt : -2; /* ENOENT */
}

/* The value of an argument, counted from 0, extended to 64 bits. Returns 0, or a negative error. */
static __attribute__((noinline, unused)) int bpf_usdt_arg(struct pt_regs *context, __u64 number, long *result)
{
	*result = 0;

	struct __bpf_usdt_spec *site = __usdt_site(context);

	if (!site || number >= BPF_USDT_MAX_ARG_CNT || number >= site->arg_cnt)
		return -2;

	struct __bpf_usdt_arg_spec *argument = &site->args[number];
	unsigned long value = argument->val_off, base, index = 0;

	if (argument->kind != BPF_USDT_ARG_CONST) {
		if (bpf_probe_read_kernel(&base, sizeof(base), (void *)context + argument->reg_off))
			return -14; /* EFAULT */
		if (argument->kind == BPF_USDT_ARG_SIB
		    && bpf_probe_read_kernel(&index, sizeof(index), (void *)context + argument->index_register))
			return -14;
		if (argument->kind == BPF_USDT_ARG_REG)
			value = base;
		else if (bpf_probe_read_user(&value, sizeof(value), (void *)(base + (index << argument->scale) + argument->val_off)))
			return -14;
	}

	/* The bits that are not the argument's go out on the left, and come back as zeroes or as the sign. */
	value <<= argument->shift;
	*result = argument->is_signed ? (long)value >> argument->shift : value >> argument->shift;
	return 0;
}

#endif
