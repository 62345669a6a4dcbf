// SPDX-License-Identifier: MIT
/* An enumerator between 2^31 and 2^32: BTF keeps 32 bits, and CO-RE reads them with a sign. */
#include "bpf.h"

enum wide { WIDE = 0xAAAAAAAAu };

SEC("socket")
int asks(void *packet)
{
	return (int)(ENUM_VALUE(wide, WIDE) >> 8);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
