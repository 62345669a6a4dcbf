// SPDX-License-Identifier: MIT
/* Loads, but there is nothing to attach it to. */
#include "bpf.h"

SEC("tracepoint/sched/no_such_event")
int never_called(void *event)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
