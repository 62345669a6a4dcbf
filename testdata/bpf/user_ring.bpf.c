// SPDX-License-Identifier: MIT
/* A ring buffer that user space writes: `drain` takes out all records and returns how many. Linux 6.1. */
#include "bpf.h"

#define BPF_MAP_TYPE_USER_RINGBUF 31

static long (*const bpf_user_ringbuf_drain)(void *map, void *callback, void *context, u64 flags) = (void *)209;
static long (*const bpf_dynptr_read)(void *to, u32 length, const void *from, u32 offset, u64 flags) = (void *)201;

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} commands SEC(".maps");

/* the first byte of each record behind those before, as digits */
u64 digits;

static long take(void *record, void *context)
{
	u8 first = 0;

	bpf_dynptr_read(&first, sizeof(first), record, 0, 0);
	digits = digits * 10 + first;
	return 0;
}

SEC("syscall")
int drain(void *context)
{
	return bpf_user_ringbuf_drain(&commands, take, 0, 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
