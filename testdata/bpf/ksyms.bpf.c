// SPDX-License-Identifier: MIT
/* What the kernel lends: functions, typed variables, addresses; and what it does not have. Needs Linux 6.7. */
#include "bpf.h"

struct __sk_buff;

struct task_struct {
	s32 tgid;
} __attribute__((preserve_access_index));

struct rq {
	s32 cpu;
} __attribute__((preserve_access_index));

static u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static void *(*const bpf_this_cpu_ptr)(const void *variable) = (void *)154;

extern struct task_struct *bpf_task_from_pid(s32 pid) SEC_EXTERN(".ksyms");
extern void bpf_task_release(struct task_struct *task) SEC_EXTERN(".ksyms");
extern void bpf_throw(u64 cookie) SEC_EXTERN(".ksyms");
extern int no_such_function(int number) SEC_EXTERN(".ksyms") __attribute__((weak));
/* exists, but with other parameters */
extern int bpf_task_acquire(struct rq queue) SEC_EXTERN(".ksyms") __attribute__((weak));

extern const struct rq runqueues SEC_EXTERN(".ksyms");
extern const int no_such_variable SEC_EXTERN(".ksyms") __attribute__((weak));
extern const void _stext SEC_EXTERN(".ksyms");

u64 text_start;

/* 1: the thread that runs this is found again by its number, through two functions of the kernel */
SEC("tc")
int own_process(struct __sk_buff *packet)
{
	u64 ids = bpf_get_current_pid_tgid();
	struct task_struct *task = bpf_task_from_pid((u32)ids);
	int found = 0;

	if (task) {
		found = task->tgid == ids >> 32;
		bpf_task_release(task);
	}
	return found;
}

/* 7: what is missing is guarded, so the calls are dead code */
SEC("tc")
int guarded(struct __sk_buff *packet)
{
	if (no_such_function)
		return no_such_function(1);
	if (bpf_task_acquire)
		return 1;
	if (&no_such_variable)
		return no_such_variable;
	return 7;
}

/* 0; keeps the kernel's first address in text_start */
SEC("tc")
int address(struct __sk_buff *packet)
{
	text_start = (u64)&_stext;
	return 0;
}

/* 1, since the run queue of each processor knows its number. Needs a kernel with CONFIG_KALLSYMS_ALL. */
SEC("?tc")
int variable(struct __sk_buff *packet)
{
	const struct rq *queue = bpf_this_cpu_ptr(&runqueues);

	return queue->cpu == (s32)bpf_get_smp_processor_id();
}

/* 42: the exception ends the program, its callback says what is returned */
NO_INLINE int on_exception(u64 cookie)
{
	return cookie + 2;
}

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:on_exception")))
int throws(struct __sk_buff *packet)
{
	bpf_throw(40);
	return 0;
}

/* Refused: calls what is not there. */
SEC("?tc")
int unguarded(struct __sk_buff *packet)
{
	return no_such_function(1);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
