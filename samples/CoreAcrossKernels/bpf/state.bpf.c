// SPDX-License-Identifier: MIT
/* Counts in which state tasks are when they leave a processor. The field that says so has changed its name: state is __state from Linux 5.14. */
#include "vmlinux.h"
#include "p3ebpf.h"

/* What is behind ___ is not part of the name: for CO-RE this is struct task_struct. */
struct task_struct___before_5_14 {
	volatile long state;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, u64);
} states SEC(".maps");

SEC("raw_tp/sched_switch")
int on_switch(u64 *context)
{
	struct task_struct *previous = (void *)context[1];
	u64 one = 1, state;

	/* Decided when the program is loaded; the verifier sees only the branch that this kernel takes. */
	if (bpf_core_field_exists(previous->__state))
		state = BPF_CORE_READ(previous, __state);
	else
		state = BPF_CORE_READ((struct task_struct___before_5_14 *)previous, state);

	u64 *count = bpf_map_lookup_elem(&states, &state);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&states, &state, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
