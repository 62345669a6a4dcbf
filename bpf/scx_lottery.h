/* SPDX-License-Identifier: MIT */
/*
 * What the lottery scheduler (scx_lottery.bpf.c) tells user space: its maps. User space reads them at any time; it must
 * not write to tasks, groups and queues, which the scheduler updates in place. Times are in nanoseconds.
 */
#pragma once

#include "bpf.h"

/* Most tasks and groups that are recorded at one time. Beyond that, tasks are drawn with DEFAULT_TICKETS. */
#define MAX_TASKS 65536
#define MAX_GROUPS 8192
#define MAX_CPUS 1024

/* A task of nice 0, and a group of cpu.weight 100 (within its parent group) */
#define DEFAULT_TICKETS 1024
#define MAX_TICKETS (1 << 20)

/* Fixed-point numbers, as how many bits stand behind the point */
#define VALUE_BITS 20
#define COMPENSATION_BITS 16
#define EXPECTED_BITS 32

/* task_record.state */
#define TASK_SLEEPS 0
#define TASK_WAITS 1
#define TASK_RUNS 2

struct task_record {
	/* The kernel's task_struct: tells two tasks of one id apart. */
	u64 task;

	/* Its group in the CPU controller's hierarchy, the key in the map groups; 0 without CONFIG_EXT_GROUP_SCHED. */
	u64 cgroup_id;

	/* Its share within that group: user_tickets if set (by set_tickets), else the weight of its nice value. */
	u32 tickets;
	u32 user_tickets;

	/* What its tickets were worth in the root group's, when it last took part in a draw (VALUE_BITS). */
	u64 value;

	/* Factor of that value: what a slice should last, by what its last one did (COMPENSATION_BITS). */
	u64 compensation;

	/* Draws among at least two tasks in which it took part; how many it won; how many it should have won (EXPECTED_BITS). */
	u64 entered;
	u64 won;
	u64 expected;

	/* How many it should have won without compensation: what it should have run, in slices (EXPECTED_BITS). */
	u64 due;

	/* Times that it got a processor nobody else waited for. */
	u64 unopposed;

	/* Time on a processor, and time it waited for one. Both up to the last change of state, at last_change_ns. */
	u64 run_time_ns;
	u64 wait_time_ns;
	u64 longest_wait_ns;
	u64 last_change_ns;

	u32 state;
	u32 tgid;
	char comm[16];

	/* The rest is the scheduler's own. */
	u32 nice_tickets;
	u32 counted;   /* its tickets as counted in its group; 0 while it sleeps */
	u32 queue;     /* where it plays, waiting or running: 1 + index in queues; 0: in none of them */
	u32 placement; /* enum placement */
	u64 stake;     /* value times compensation, as counted in that queue */
	u64 number;    /* drawn in that queue; the smallest runs */
	u64 odds;      /* the queue's odds and draws up to which expected and entered count */
	u64 draws;
	u64 executed;  /* task_struct.se.sum_exec_runtime up to which run_time_ns counts */
	u64 used;      /* how much of its slice it has used */
	u8 numbered;   /* it has its next number, but is not in the queue yet */
	u8 fresh;      /* its next run begins a slice */
	u8 contested;  /* its slice was won against others */
	u8 yielded;    /* it gave the rest of its slice away */
	u8 rescued;    /* it runs since it had waited too long, and nobody who wakes up interrupts it */
	u8 padding[3];
};

/* A group's members are its runnable tasks and those groups in it that have members. */
struct group_record {
	u64 parent;  /* 0: the root */
	u64 worth;   /* the tickets it has in its parent: DEFAULT_TICKETS for cpu.weight 100 */
	u64 active;  /* sum of the members' tickets */
	u64 members;
	u64 counted; /* its worth as counted in its parent; 0 while it has no members */
	u64 run_time_ns; /* of its own tasks, not those of groups in it */
};

/*
 * Where tasks wait: queue 0 for those that may run on every processor, queue 1 + N for those that are to run on
 * processor N.
 */
struct queue {
	u64 clock;     /* the number that last won */
	u64 stakes;    /* sum over the tasks that play here, waiting or running */
	u64 odds;      /* sum over all draws of 1 / total of stakes (ODDS_BITS) */
	u64 draws;     /* draws among at least two tasks in which it took part */
	u64 contested; /* processor N: the stakes of its last draw, 0 if it was none among at least two tasks */
	u64 started;   /* processor N: when the slice began that runs there */
	u64 rescued;   /* tasks that ran without a draw since they had waited too long */
	u64 draws_at_rescue; /* its draws when these were last chosen */
	u64 ahead;     /* processor N: its clock less queue 0's, where they stand level (wraps round) */
	u64 meets;     /* processor N: whether it was in one game with queue 0 at the last draw */
	u64 guarded;   /* processor N: whether nobody who wakes up may interrupt who runs there */
};

/* A win among at least two tasks: what the ring buffer draws gets if the constant trace is set */
struct draw_event {
	u64 time_ns;
	u32 pid;
	u32 cpu;
	u64 stake;  /* the winner's */
	u64 stakes; /* of all who took part */
};

/* Context of the program set_tickets; it returns 0, or 1 when there is no such task. */
struct set_tickets_arguments {
	u64 pid;
	u64 tickets; /* 1 to MAX_TICKETS; 0 hands the task back to its nice value */
};
