// SPDX-License-Identifier: MIT
/* A struct of callbacks that a module has: testdata/module/p3_ops.c. */
#include "bpf.h"

struct p3_module_ops___v2 {
	int number;
	int later;
	int (*answer)(int number);
	char name[8];
};

int asked;

SEC("struct_ops/answer")
int double_it(u64 *context)
{
	asked = (int)context[0];
	return asked * 2;
}

SEC(".struct_ops.link")
struct p3_module_ops___v2 linked = {
	.number = 21,
	.answer = (void *)double_it,
	.name = "p3",
};

SEC("?.struct_ops")
struct p3_module_ops___v2 registered = {
	.number = 4,
	.answer = (void *)double_it,
	.name = "p3",
};

char LICENSE[] SEC("license") = "GPL";
