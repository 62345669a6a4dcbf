/* A program with functions of every kind that a uprobe can meet, and probes (USDT) with several sites and a semaphore. */
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>
#include <stdlib.h>

/* The counter that a tracer raises while it listens. */
unsigned short p3sample_guarded_semaphore __attribute__((section(".probes"), used));
unsigned short p3sample_step_semaphore __attribute__((section(".probes"), used));
unsigned short p3sample_indexed_semaphore __attribute__((section(".probes"), used));
unsigned short p3sample_plain_semaphore __attribute__((section(".probes"), used));

int total = 40;
static long table[16] = {3, 1, 4, 1, 5, 9, 2, 6};

/* Inlined into every caller: several sites of one probe, with arguments in different places. */
static inline __attribute__((always_inline)) void step(int index, long value)
{
	STAP_PROBE2(p3sample, step, index, value);
}

/* A name that second.c has too. */
static __attribute__((noinline, used)) int duplicate(int value)
{
	step(7, value);
	return value + 1;
}

__attribute__((noinline)) int work(int count, const char *name)
{
	volatile int kept = count * 2;
	for (int i = 0; i < count; i++)
		step(i, table[i & 15]);
	if (p3sample_guarded_semaphore)
		STAP_PROBE4(p3sample, guarded, (signed char)count, name, kept, (unsigned short)(count + 1));
	STAP_PROBE(p3sample, plain);
	return kept;
}

/* On x86 its argument is addressed by two registers and a scale. */
__attribute__((noinline)) int indexed(short *values, long index)
{
	STAP_PROBE1(p3sample, indexed, values[index]);
	return (int)index;
}

/* Two names of one function. */
int work_alias(int, const char *) __attribute__((alias("work")));

__attribute__((weak, noinline)) int replaceable(int value)
{
	return value * 3;
}

#if !defined(WITHOUT_IFUNC)
static int implementation(int value)
{
	return value + 5;
}

static int (*resolve_chosen(void))(int)
{
	return implementation;
}

int chosen(int) __attribute__((ifunc("resolve_chosen")));
#else
int chosen(int value)
{
	return value + 5;
}
#endif

int second(int value);

int main(int argc, char **argv)
{
	short values[4] = {argc, 2, 3, 4};
	int sum = indexed(values, argc & 3) + work(argc, argv[0]) + work_alias(argc, "alias") + duplicate(total) + replaceable(argc) + chosen(argc) + second(argc);
	printf("%d\n", sum);
	puts("done");
	return sum == 0;
}
