// SPDX-License-Identifier: MIT
/*
 * GCC's assembler of before 2.41 writes the place of a global variable into the instruction and into the relocation. Built with Debian's gcc-bpf 12:
 * bpf-gcc -gbtf -O2 -c old_gcc.bpf.c -o old_gcc.bpf.o, in /src
 */
#define SEC(name) __attribute__((section(name), used))

volatile int first = 5;
volatile int second = 7;

SEC("socket")
int reads(void *context)
{
	return first + second;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
