// SPDX-License-Identifier: MIT
/* The kernel's own struct of callbacks for tests, which can be loaded and test-run but not put into force. */
#include "bpf.h"

struct bpf_dummy_ops_state {
	int val;
};

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *state);
	int (*test_2)(struct bpf_dummy_ops_state *state, int a1, unsigned short a2, char a3, unsigned long a4);
	int (*test_sleepable)(struct bpf_dummy_ops_state *state);
};

SEC("struct_ops/test_2")
int add(u64 *context)
{
	return (int)context[1] + (int)context[2] + (int)context[4];
}

SEC("struct_ops.s/test_sleepable")
int sleep(u64 *context)
{
	return 5;
}

SEC(".struct_ops.link")
struct bpf_dummy_ops dummy = {
	.test_2 = (void *)add,
	.test_sleepable = (void *)sleep,
};

char LICENSE[] SEC("license") = "GPL";
