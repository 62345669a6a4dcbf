// SPDX-License-Identifier: MIT
/* Programs whose place in the kernel is found by its BTF, and a system call by its name. Each counts its calls. */
#include "bpf.h"

u64 switches;
u64 writes;
u64 system_calls;

SEC("tp_btf/sched_switch")
int on_switch(void *arguments)
{
	__sync_fetch_and_add(&switches, 1);
	return 0;
}

SEC("?fentry/vfs_write")
int on_write(void *arguments)
{
	__sync_fetch_and_add(&writes, 1);
	return 0;
}

SEC("?ksyscall/getpgid")
int on_getpgid(void *registers)
{
	__sync_fetch_and_add(&system_calls, 1);
	return 0;
}

SEC("?fentry/no_such_function")
int nowhere(void *arguments)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
