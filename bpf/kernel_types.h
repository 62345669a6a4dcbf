/* SPDX-License-Identifier: MIT */
/*
 * The kernel's types as far as the programs here look into them. Members stand in no particular order and most are left
 * out: CO-RE finds the real offsets when the object is loaded. A suffix after three underscores (a "flavour") is not
 * part of the kernel's name.
 */
#pragma once

#include "bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Position of a controller in css_set.subsys; depends on the kernel's configuration. */
enum cgroup_subsys_id {
	cpu_cgrp_id = 1,
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
};

/* At a switch the kernel has brought it up to date for the task that leaves, whatever its scheduling class. */
struct sched_entity {
	u64 sum_exec_runtime;
};

struct task_struct {
	u32 __state;
	s32 static_prio;
	u32 policy;
	s32 tgid;
	struct sched_entity se;
	struct css_set *cgroups;
	char comm[16];
};

/* Before Linux 5.14 the state was one word longer and had no underscores. */
struct task_struct___before_5_14 {
	volatile long state;
};

/* What the tracepoint sched:sched_switch hands over. Kernels with PREEMPT_RT may have it at other offsets. */
struct trace_event_raw_sched_switch {
	s32 prev_pid;
	long prev_state;
	char next_comm[16];
	s32 next_pid;
	s32 next_prio;
};

#pragma clang attribute pop

/* Bits of task_struct.__state and of trace_event_raw_sched_switch.prev_state, stable from 4.14 on */
#define TASK_DEAD 0x80
#define TASK_REPORT_MAX 0x100 /* prev_state only: switched out although still runnable */

/* uapi/linux/sched.h */
#define SCHED_IDLE 5
