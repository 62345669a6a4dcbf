/* A library whose function exists in two versions, as those of libc do. */
#include <sys/sdt.h>

__attribute__((noinline)) int answer_old(void)
{
	return 41;
}

__attribute__((noinline)) int answer_new(void)
{
	DTRACE_PROBE1(p3library, answered, 42);
	return 42;
}

__asm__(".symver answer_old, answer@P3_1.0");
__asm__(".symver answer_new, answer@@P3_2.0");

/* Both versions are the same code. */
int same_old(void) __attribute__((alias("same_new")));
int same_new(void)
{
	return answer_new();
}

__asm__(".symver same_old, same@P3_1.0");
__asm__(".symver same_new, same@@P3_2.0");

/* Only the old version is left. */
int gone_old(void)
{
	return 1;
}

__asm__(".symver gone_old, gone@P3_1.0");

static __attribute__((noinline, used)) int hidden_helper(int value)
{
	return value;
}

int twice(int value)
{
	return 2 * hidden_helper(value);
}

int exported_data = 7;
