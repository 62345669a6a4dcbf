// SPDX-License-Identifier: MIT
/* For a big-endian machine: build.sh compiles this one with -target bpfeb. */
#include "kernel_types.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 258);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

const volatile u32 wanted = 0x01020304;
u64 seen = 0x0102030405060708;

NO_INLINE int add(int number)
{
	seen += number;
	return 0;
}

SEC("tracepoint/sched/sched_switch")
int on_switch(void *event)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 key = READ_INTEGER(task, static_prio);

	if (key == wanted && bpf_map_lookup_elem(&counts, &key))
		add(key);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
