// SPDX-License-Identifier: MIT
/* Cannot be loaded: what it needs of the kernel no kernel has. */
#include "bpf.h"

extern int CONFIG_NO_SUCH_OPTION SEC_EXTERN(".kconfig");

SEC("socket")
int needs_option(void *packet)
{
	return CONFIG_NO_SUCH_OPTION;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
