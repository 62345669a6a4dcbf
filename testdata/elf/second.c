/* The other file of probes: a static function whose name probes.c has too. */
#include <sys/sdt.h>

static __attribute__((noinline, used)) int duplicate(int value)
{
	return value - 1;
}

int second(int value)
{
	DTRACE_PROBE1(p3other, second, (long long)value);
	return duplicate(value);
}
