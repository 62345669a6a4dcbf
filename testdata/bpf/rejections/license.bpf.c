// SPDX-License-Identifier: MIT
/* A helper for programs under the GPL alone, called under another licence. */
#include "bpf.h"

SEC("?raw_tp/sys_enter")
int gpl_helper(void *context)
{
	return bpf_ktime_get_ns() != bpf_get_current_task(); /* rejected */
}

SEC("?raw_tp/sys_enter")
int gpl_helper_repaired(void *context)
{
	return bpf_get_prandom_u32() != 0;
}

char LICENSE[] SEC("license") = "Proprietary";
