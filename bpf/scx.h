/* SPDX-License-Identifier: MIT */
/*
 * What a sched_ext scheduler sees of the kernel (include/linux/sched/ext.h, kernel/sched/ext.c), on Linux 6.12 to 7.3:
 * types, numbers and kernel functions, each only as far as the schedulers here need it. As in kernel_types.h, CO-RE
 * finds the real offsets and, since some flags have moved, the real numbers.
 */
#pragma once

#include "bpf.h"

typedef _Bool bool;
#define true 1
#define false 0

#define KERNEL_FUNCTION extern SEC_EXTERN(".ksyms") __attribute__((weak))

/* Types */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct cpumask {
	unsigned long bits[1];
};

struct kernfs_node {
	u64 id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct sched_entity {
	u64 sum_exec_runtime;
};

struct sched_ext_entity {
	u32 flags;
	u64 slice;
	u64 dsq_vtime;
};

/* What a task has to tell the kernel when it leaves a section that reads under RCU; only of kernels that interrupt such tasks. */
union rcu_special {
	struct {
		u8 blocked; /* it was interrupted there */
	} b;
};

struct task_struct {
	union rcu_special rcu_read_unlock_special;
	u32 flags;
	u32 policy;
	s32 static_prio;
	s32 nr_cpus_allowed;
	s32 pid;
	s32 tgid;
	const struct cpumask *cpus_ptr;
	struct sched_entity se;
	struct sched_ext_entity scx;
	char comm[16];
};

struct scx_init_task_args {
	bool fork;
	struct cgroup *cgroup; /* with CONFIG_EXT_GROUP_SCHED */
};

struct scx_exit_task_args {
	bool cancelled; /* it never began */
};

struct scx_cgroup_init_args {
	u32 weight;
};

enum scx_exit_kind {
	SCX_EXIT_NONE = 0,
};

struct scx_exit_info {
	enum scx_exit_kind kind;
	s64 exit_code;
	const char *reason;
	char *msg;
	char *dump;
};

enum scx_enq_flags {
	SCX_ENQ_WAKEUP = 1ULL,
	SCX_ENQ_PREEMPT = 1ULL << 32,
};

enum scx_ent_flags {
	SCX_TASK_QUEUED = 1,
};

enum scx_dsq_iter_flags {
	SCX_DSQ_ITER_REV = 1 << 16,
};

enum scx_kick_flags {
	SCX_KICK_IDLE = 1,
	SCX_KICK_PREEMPT = 2,
};

#pragma clang attribute pop

struct bpf_iter_scx_dsq {
	u64 opaque[6];
} __attribute__((aligned(8)));

struct bpf_timer {
	u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

#define PF_EXITING 0x00000004 /* task_struct.flags */
#define PF_KTHREAD 0x00200000
#define DEFAULT_PRIO 120      /* task_struct.static_prio of nice 0; one less for each step to nice -20 */
#define SCHED_IDLE 5          /* task_struct.policy */

/* Dispatch queues of the kernel's: the processor that the task is on, or (with its number added) any processor. */
#define SCX_DSQ_LOCAL 0x8000000000000002ULL
#define SCX_DSQ_LOCAL_ON 0xc000000000000000ULL

/* sched_ext_ops.flags */
#define SCX_OPS_ENQ_EXITING (1ULL << 2)
#define SCX_OPS_SWITCH_PARTIAL (1ULL << 3)

/* The longest that the kernel lets a runnable task wait (SCX_WATCHDOG_MAX_TIMEOUT) */
#define SCX_MAX_TIMEOUT_MS 30000

/*
 * The scheduler as the kernel knows it. Members that a kernel lacks are left out by the loader, if they are zero; those
 * named cgroup_* depend on CONFIG_EXT_GROUP_SCHED.
 */
struct sched_ext_ops {
	s32 (*select_cpu)(struct task_struct *task, s32 cpu, u64 wake_flags);
	void (*enqueue)(struct task_struct *task, u64 flags);
	void (*dispatch)(s32 cpu, struct task_struct *previous);
	void (*runnable)(struct task_struct *task, u64 flags);
	void (*running)(struct task_struct *task);
	void (*stopping)(struct task_struct *task, bool runnable);
	void (*quiescent)(struct task_struct *task, u64 flags);
	bool (*yield)(struct task_struct *from, struct task_struct *to);
	void (*set_weight)(struct task_struct *task, u32 weight);
	void (*set_cpumask)(struct task_struct *task, const struct cpumask *allowed);
	s32 (*init_task)(struct task_struct *task, struct scx_init_task_args *arguments);
	void (*exit_task)(struct task_struct *task, struct scx_exit_task_args *arguments);
	void (*enable)(struct task_struct *task);
	void (*disable)(struct task_struct *task);
	s32 (*cgroup_init)(struct cgroup *group, struct scx_cgroup_init_args *arguments);
	void (*cgroup_exit)(struct cgroup *group);
	void (*cgroup_move)(struct task_struct *task, struct cgroup *from, struct cgroup *to);
	void (*cgroup_set_weight)(struct cgroup *group, u32 weight);
	s32 (*init)(void);
	void (*exit)(struct scx_exit_info *info);
	u64 flags;
	u32 timeout_ms;
	char name[128];
};

/* Kernel functions */

KERNEL_FUNCTION s32 scx_bpf_create_dsq(u64 queue, s32 node);
KERNEL_FUNCTION s32 scx_bpf_dsq_nr_queued(u64 queue);
KERNEL_FUNCTION s32 scx_bpf_select_cpu_dfl(struct task_struct *task, s32 cpu, u64 wake_flags, bool *idle);
KERNEL_FUNCTION s32 scx_bpf_pick_idle_cpu(const struct cpumask *allowed, u64 flags);
KERNEL_FUNCTION bool scx_bpf_test_and_clear_cpu_idle(s32 cpu);
KERNEL_FUNCTION void scx_bpf_kick_cpu(s32 cpu, u64 flags);
KERNEL_FUNCTION s32 scx_bpf_task_cpu(const struct task_struct *task);
KERNEL_FUNCTION u64 scx_bpf_now(void); /* 6.14 */
KERNEL_FUNCTION u32 scx_bpf_nr_cpu_ids(void);
KERNEL_FUNCTION const struct cpumask *scx_bpf_get_online_cpumask(void);
KERNEL_FUNCTION void scx_bpf_put_cpumask(const struct cpumask *mask);
KERNEL_FUNCTION bool bpf_cpumask_subset(const struct cpumask *part, const struct cpumask *whole);
KERNEL_FUNCTION bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *mask);
KERNEL_FUNCTION u32 bpf_cpumask_any_and_distribute(const struct cpumask *one, const struct cpumask *other);
KERNEL_FUNCTION void bpf_rcu_read_lock(void);
KERNEL_FUNCTION void bpf_rcu_read_unlock(void);

KERNEL_FUNCTION int bpf_iter_num_new(struct bpf_iter_num *iterator, s32 start, s32 end);
KERNEL_FUNCTION s32 *bpf_iter_num_next(struct bpf_iter_num *iterator);
KERNEL_FUNCTION void bpf_iter_num_destroy(struct bpf_iter_num *iterator);

KERNEL_FUNCTION int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *iterator, u64 queue, u64 flags);
KERNEL_FUNCTION struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *iterator);
KERNEL_FUNCTION void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *iterator);

/* Functions that changed their names or their way of being called; the wrappers below pick what the kernel has. */
KERNEL_FUNCTION void scx_bpf_dsq_insert(struct task_struct *task, u64 queue, u64 slice, u64 flags);
KERNEL_FUNCTION void scx_bpf_dsq_insert_vtime(struct task_struct *task, u64 queue, u64 slice, u64 order, u64 flags);
KERNEL_FUNCTION bool scx_bpf_dsq_move_to_local(u64 queue);
KERNEL_FUNCTION bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *iterator, struct task_struct *task, u64 queue, u64 flags);
KERNEL_FUNCTION struct task_struct *scx_bpf_dsq_peek(u64 queue); /* 6.19 */
KERNEL_FUNCTION bool scx_bpf_task_set_slice(struct task_struct *task, u64 slice); /* 6.19 */

/* Until 6.13 inserting was dispatching, and moving was consuming. */
KERNEL_FUNCTION void scx_bpf_dispatch(struct task_struct *task, u64 queue, u64 slice, u64 flags);
KERNEL_FUNCTION void scx_bpf_dispatch_vtime(struct task_struct *task, u64 queue, u64 slice, u64 order, u64 flags);
KERNEL_FUNCTION bool scx_bpf_consume(u64 queue);
KERNEL_FUNCTION bool scx_bpf_dispatch_from_dsq(struct bpf_iter_scx_dsq *iterator, struct task_struct *task, u64 queue, u64 flags);

/* The task runs for slice nanoseconds when its turn comes, in the order of insertion. */
ALWAYS_INLINE void queue_insert(struct task_struct *task, u64 queue, u64 slice, u64 flags)
{
	if (scx_bpf_dsq_insert)
		scx_bpf_dsq_insert(task, queue, slice, flags);
	else
		scx_bpf_dispatch(task, queue, slice, flags);
}

/* The same with its turn by ascending order. Takes logarithmic time. */
ALWAYS_INLINE void queue_insert_ordered(struct task_struct *task, u64 queue, u64 slice, u64 order, u64 flags)
{
	if (scx_bpf_dsq_insert_vtime)
		scx_bpf_dsq_insert_vtime(task, queue, slice, order, flags);
	else
		scx_bpf_dispatch_vtime(task, queue, slice, order, flags);
}

/* Moves the first task that may run on this processor to it. Only in dispatch. */
ALWAYS_INLINE bool queue_move_first_here(u64 queue)
{
	if (scx_bpf_dsq_move_to_local)
		return scx_bpf_dsq_move_to_local(queue);
	return scx_bpf_consume(queue);
}

/* Moves a task that an iterator has shown. False: it has left that queue by itself. */
ALWAYS_INLINE bool queue_move(struct bpf_iter_scx_dsq *iterator, struct task_struct *task, u64 queue, u64 flags)
{
	if (scx_bpf_dsq_move)
		return scx_bpf_dsq_move(iterator, task, queue, flags);
	return scx_bpf_dispatch_from_dsq(iterator, task, queue, flags);
}

ALWAYS_INLINE void set_slice(struct task_struct *task, u64 slice)
{
	if (scx_bpf_task_set_slice)
		scx_bpf_task_set_slice(task, slice);
	else
		task->scx.slice = slice;
}

ALWAYS_INLINE bool is_runnable(struct task_struct *task)
{
	return task->scx.flags & ENUM_VALUE(scx_ent_flags, SCX_TASK_QUEUED);
}

/*
 * A thread of the kernel's, unless it was made nice (khugepaged). What these do, others wait for: interrupts' second
 * halves, RCU's grace periods, the work queues, the watchdog of sched_ext itself.
 */
ALWAYS_INLINE bool is_kernel_thread(struct task_struct *task)
{
	return task->flags & PF_KTHREAD && task->static_prio <= DEFAULT_PRIO;
}

/* Whether it was interrupted while it reads under RCU. Until it goes on, the kernel cannot free what others have replaced. */
ALWAYS_INLINE bool is_reader(struct task_struct *task)
{
	return FIELD_EXISTS(task->rcu_read_unlock_special) && task->rcu_read_unlock_special.b.blocked;
}

/* Why the scheduler left. User space reads it when its link is dead: kind (enum scx_exit_kind) is 0 until then. */
struct exit_record {
	s32 kind;
	s64 code;
	char reason[128];
	char message[1024];
	char dump[32768]; /* after an error: every processor and its tasks, as the kernel prints them */
};

ALWAYS_INLINE void record_exit(struct exit_record *record, struct scx_exit_info *info)
{
	bpf_probe_read_kernel_str(record->reason, sizeof(record->reason), info->reason);
	bpf_probe_read_kernel_str(record->message, sizeof(record->message), info->msg);
	bpf_probe_read_kernel_str(record->dump, sizeof(record->dump), info->dump);
	record->code = info->exit_code;
	record->kind = info->kind;
}
