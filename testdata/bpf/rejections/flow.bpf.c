// SPDX-License-Identifier: MIT
/* What the verifier refuses about the stack, loops, calls and returned values; of each program the rejected form and the repaired one. */
#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

SEC("?tc")
int unset_register(void *context)
{
	int value;

	asm volatile("%0 = r7" : "=r"(value)); /* rejected */
	return value;
}

SEC("?tc")
int unset_register_repaired(void *context)
{
	int value;

	asm volatile("r7 = 0; %0 = r7" : "=r"(value) : : "r7");
	return value;
}

SEC("?tc")
__attribute__((naked)) int unset_result(void)
{
	asm volatile("exit"); /* rejected */
}

SEC("?tc")
__attribute__((naked)) int unset_result_repaired(void)
{
	asm volatile("r0 = 0; exit");
}

SEC("?tc")
int outside_stack(void *context)
{
	asm volatile("*(u64 *)(r10 - 520) = r10"); /* rejected */
	return 0;
}

SEC("?tc")
int outside_stack_repaired(void *context)
{
	asm volatile("*(u64 *)(r10 - 512) = r10");
	return 0;
}

SEC("?tc")
int stack_index(u32 *context)
{
	u8 bytes[16] = {};
	u64 index = context[2];

	asm volatile("" : : "r"(bytes) : "memory");
	return *(volatile u8 *)(bytes + index); /* rejected */
}

SEC("?tc")
int stack_index_repaired(u32 *context)
{
	u8 bytes[16] = {};
	u64 index = context[2] & 15;

	asm volatile("" : : "r"(bytes) : "memory");
	return *(volatile u8 *)(bytes + index);
}

static NO_INLINE int deep_callee(u32 *context)
{
	volatile u64 buffer[40] = {};

	return buffer[context[2] & 31];
}

SEC("?tc")
int deep_stack(u32 *context)
{
	volatile u64 buffer[40] = {};

	return buffer[context[2] & 31] + deep_callee(context); /* rejected */
}

static NO_INLINE int shallow_callee(u32 *context)
{
	volatile u64 buffer[16] = {};

	return buffer[context[2] & 15];
}

SEC("?tc")
int deep_stack_repaired(u32 *context)
{
	volatile u64 buffer[16] = {};

	return buffer[context[2] & 15] + shallow_callee(context);
}

SEC("?tc")
int endless_loop(u32 *context)
{
	asm volatile("r1 = 1; 1: if r1 != 0 goto 1b" : : : "r1"); /* rejected */
	return 0;
}

SEC("?tc")
int endless_loop_repaired(u32 *context)
{
	asm volatile("r1 = 8; 1: r1 += -1; if r1 != 0 goto 1b" : : : "r1");
	return 0;
}

SEC("?tc")
int long_loop(volatile u32 *context)
{
	u32 sum = 0;

	for (u32 i = 0; i < 10000000; i++) /* rejected */
		sum += context[2] & i;
	return sum;
}

SEC("?tc")
int long_loop_repaired(volatile u32 *context)
{
	u32 sum = 0;

	for (u32 i = 0; i < 1000; i++)
		sum += context[2] & i;
	return sum;
}

SEC("?tc")
__attribute__((naked)) int dead_code(void)
{
	asm volatile("r0 = 0; exit; r0 = 1; exit"); /* rejected */
}

SEC("?tc")
__attribute__((naked)) int dead_code_repaired(void)
{
	asm volatile("r0 = 0; exit");
}

SEC("?tc")
__attribute__((naked)) int no_end(void)
{
	asm volatile("r0 = 0; if r0 == 0 goto +1; exit; r0 = 1"); /* rejected */
}

SEC("?tc")
__attribute__((naked)) int no_end_repaired(void)
{
	asm volatile("r0 = 0; if r0 == 0 goto +1; exit; r0 = 1; exit");
}

SEC("?cgroup/sock_create")
int returned_value(void *context)
{
	return 2; /* rejected */
}

SEC("?cgroup/sock_create")
int returned_value_repaired(void *context)
{
	return 1;
}

NO_INLINE int global_reads(u64 *pointer)
{
	return *pointer; /* rejected */
}

NO_INLINE int global_checks(u64 *pointer)
{
	return pointer ? *pointer : 0;
}

SEC("?tc")
int global_argument(void *context)
{
	u64 value = 5;

	return global_reads(&value);
}

SEC("?tc")
int global_argument_repaired(void *context)
{
	u64 value = 5;

	return global_checks(&value);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
