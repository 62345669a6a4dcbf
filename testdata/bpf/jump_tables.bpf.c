// SPDX-License-Identifier: MIT
/* Indirect jumps, as LLVM 22 makes them of a switch (-mcpu=v4); written in assembly, so that older compilers build it. Needs Linux 6.19. */
#include "bpf.h"

#define naked __attribute__((naked))

/* gotox: BPF_JMP | BPF_JA | BPF_X, the register in the low half of the second byte. */
#define GOTOX(register) ".byte 0x0d, " #register ", 0, 0, 0, 0, 0, 0;"

/* A table of places, as bytes from the start of the section of code; the assembler makes constants of the differences. */
#define TABLE(name, section, a, b, c)      \
	".pushsection .jumptables,\"\",@progbits;" \
	name ":"                                \
	".quad " a " - " section ";"            \
	".quad " b " - " section ";"            \
	".quad " c " - " section ";"            \
	".size " name ", 24;"                   \
	".type " name ", @object;"              \
	".global " name ";"                     \
	".popsection;"

/* In .text behind another function, so that the places in its table are neither from its own start nor from that of the program. */
__attribute__((noinline)) u64 before(u64 number)
{
	asm volatile("" : "+r"(number));
	return number + 1;
}

/* 100, 200 or 300 for 0, 1, 2; 0 for others */
naked __attribute__((noinline)) u64 hundreds(u64 which)
{
	asm volatile(
		TABLE("BPF.JT.1.0", ".text", "hundreds_0", "hundreds_1", "hundreds_2")
		"if r1 > 2 goto hundreds_none;"
		"r1 <<= 3;"
		"r2 = BPF.JT.1.0 ll;"
		"r2 += r1;"
		"r1 = *(u64 *)(r2 + 0);"
		GOTOX(1)
		"hundreds_0: r0 = 100; exit;"
		"hundreds_1: r0 = 200; exit;"
		"hundreds_2: r0 = 300; exit;"
		"hundreds_none: r0 = 0; exit;" ::: "r0", "r1", "r2");
}

/* Of the number in the context: what hundreds() says, and 10, 20 or 30 for 0, 1, 2. */
SEC("syscall")
naked int choose(u64 *context)
{
	asm volatile(
		TABLE("BPF.JT.2.0", "syscall", "choose_0", "choose_1", "choose_2")
		"r6 = *(u64 *)(r1 + 0);"
		"r1 = r6;"
		"call hundreds;"
		"r7 = r0;"
		"r8 = 0;"
		"if r6 > 2 goto choose_done;"
		"r1 = r6;"
		"r1 <<= 3;"
		"r2 = BPF.JT.2.0 ll;"
		"r2 += r1;"
		"r1 = *(u64 *)(r2 + 0);"
		GOTOX(1)
		"choose_0: r8 = 10; goto choose_done;"
		"choose_1: r8 = 20; goto choose_done;"
		"choose_2: r8 = 30;"
		"choose_done: r0 = r7; r0 += r8; exit;" ::: "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8");
}

/* The same subprogram again, in a program where it lies elsewhere. */
SEC("syscall")
int choose_next(u64 *context)
{
	return hundreds(before(*context));
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
