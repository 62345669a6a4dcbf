// SPDX-License-Identifier: MIT
/*
 * Gives a task its tickets from user space. A map update by system call replaces the whole record, and with it whatever
 * handle_sched_switch counted since the record was read; a program writes in place. So user space loads this one on an
 * existing task_map and runs it once (BPF_PROG_TEST_RUN, Linux 5.10), with these arguments as context:
 */
#include "sched_lottery.h"

struct set_tickets_arguments {
	u64 pid;
	u64 tickets; /* 0 hands the task back to its nice value, from its next switch-out on */
};

/* Returns 0, or 1 when the map is full. */
SEC("raw_tp")
int set_tickets(struct set_tickets_arguments *arguments)
{
	struct task_record *record = task_record_of(arguments->pid);

	if (!record)
		return 1;

	u32 tickets = arguments->tickets;

	record->user_tickets = tickets;
	if (tickets)
		record->tickets = tickets;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
