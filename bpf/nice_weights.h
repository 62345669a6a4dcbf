/* SPDX-License-Identifier: MIT */
#pragma once

#include "bpf.h"

#define NICE_LEVELS 40
#define NICE_0_WEIGHT 1024
#define MAX_RT_PRIO 100 /* the priority of nice -20 */

/* The kernel's weights for nice -20 to 19 (sched_prio_to_weight in kernel/sched/core.c): each about 1.25 times the next */
static const u32 nice_to_weight[NICE_LEVELS] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
	1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
	110,   87,    70,    56,    45,    36,    29,    23,    18,    15,
};

/* Of a task's static_prio; priorities below the nice values are real-time. */
ALWAYS_INLINE u32 weight_of_priority(s32 priority)
{
	u32 level = priority - MAX_RT_PRIO;

	return level < NICE_LEVELS ? nice_to_weight[level] : NICE_0_WEIGHT;
}

/* Weight of SCHED_IDLE, whatever its nice value */
#define IDLE_POLICY_WEIGHT 3
