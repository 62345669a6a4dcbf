/* SPDX-License-Identifier: MIT */
/*
 * What a BPF program needs besides vmlinux.h, which comes first: sections, map definitions, the helper functions in common use, and reads
 * through CO-RE. Names are libbpf's; with its bpf_helpers.h at hand, include that instead.
 */
#ifndef __P3EBPF_H__
#define __P3EBPF_H__

#define SEC(name) __attribute__((section(name), used))

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

/* Members of a map definition in section .maps. */
#define __uint(name, value) int (*name)[value]
#define __type(name, type) typeof(type) *name
#define __array(name, type) typeof(type) *name[]

/*
 * Says that the records of a ring or perf buffer, or those that an iterator writes, are of a type: the generated class reads them as such. The type is put
 * into the object, which clang does only for types that something global has.
 */
#define BPF_RECORD(map_or_iterator, type) type *map_or_iterator##_record

#ifndef BPF_ANY
#define BPF_ANY 0
#define BPF_NOEXIST 1
#define BPF_EXIST 2
#endif

struct seq_file;
struct task_struct;

/* Helpers are called by number (enum bpf_func_id); bpf-helpers(7) says what each does. */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_trace_printk)(const char *format, __u32 size, ...) = (void *)6;
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static long (*const bpf_tail_call)(void *context, void *programs, __u32 index) = (void *)12;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static __u64 (*const bpf_get_current_uid_gid)(void) = (void *)15;
static long (*const bpf_get_current_comm)(void *to, __u32 size) = (void *)16;
static long (*const bpf_redirect)(__u32 interface, __u64 flags) = (void *)23;
static long (*const bpf_perf_event_output)(void *context, void *map, __u64 flags, void *data, __u64 size) = (void *)25;
static long (*const bpf_get_stackid)(void *context, void *map, __u64 flags) = (void *)27;
static __u64 (*const bpf_get_current_task)(void) = (void *)35;
static __u64 (*const bpf_get_current_cgroup_id)(void) = (void *)80;
static void *(*const bpf_sk_storage_get)(void *map, void *socket, void *value, __u64 flags) = (void *)107;
static long (*const bpf_probe_read_user)(void *to, __u32 size, const void *from) = (void *)112;
static long (*const bpf_probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
static long (*const bpf_probe_read_user_str)(void *to, __u32 size, const void *from) = (void *)114;
static long (*const bpf_probe_read_kernel_str)(void *to, __u32 size, const void *from) = (void *)115;
static long (*const bpf_seq_write)(struct seq_file *sequence, const void *data, __u32 size) = (void *)127;
static long (*const bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *)130;
static void *(*const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)132;
static void (*const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *)133;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static __u64 (*const bpf_get_attach_cookie)(void *context) = (void *)174;

/* Writes a line into the trace pipe: what "p3ebpf load" and BpfTracePipe show. */
#define bpf_printk(format, ...)                                                                                        \
	({                                                                                                             \
		static const char format_[] = format;                                                                  \
		bpf_trace_printk(format_, sizeof(format_), ##__VA_ARGS__);                                             \
	})

/* Numbers in network packets have the most significant byte first. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(value) __builtin_bswap16(value)
#define bpf_htonl(value) __builtin_bswap32(value)
#else
#define bpf_htons(value) ((__u16)(value))
#define bpf_htonl(value) ((__u32)(value))
#endif
#define bpf_ntohs(value) bpf_htons(value)
#define bpf_ntohl(value) bpf_htonl(value)

/* The arguments of a function, counted from 1, and its result, in a probe's struct pt_regs. */
#if defined(__TARGET_ARCH_x86)
#define PT_REGS_PARM1(context) ((context)->di)
#define PT_REGS_PARM2(context) ((context)->si)
#define PT_REGS_PARM3(context) ((context)->dx)
#define PT_REGS_PARM4(context) ((context)->cx)
#define PT_REGS_PARM5(context) ((context)->r8)
#define PT_REGS_RC(context) ((context)->ax)
#elif defined(__TARGET_ARCH_arm64)
#define PT_REGS_PARM1(context) (((struct user_pt_regs *)(context))->regs[0])
#define PT_REGS_PARM2(context) (((struct user_pt_regs *)(context))->regs[1])
#define PT_REGS_PARM3(context) (((struct user_pt_regs *)(context))->regs[2])
#define PT_REGS_PARM4(context) (((struct user_pt_regs *)(context))->regs[3])
#define PT_REGS_PARM5(context) (((struct user_pt_regs *)(context))->regs[4])
#define PT_REGS_RC(context) PT_REGS_PARM1(context)
#elif defined(__TARGET_ARCH_s390)
#define PT_REGS_PARM1(context) (((user_pt_regs *)(context))->gprs[2])
#define PT_REGS_PARM2(context) (((user_pt_regs *)(context))->gprs[3])
#define PT_REGS_PARM3(context) (((user_pt_regs *)(context))->gprs[4])
#define PT_REGS_PARM4(context) (((user_pt_regs *)(context))->gprs[5])
#define PT_REGS_PARM5(context) (((user_pt_regs *)(context))->gprs[6])
#define PT_REGS_RC(context) PT_REGS_PARM1(context)
#endif

/* Reads a field of the kernel's memory, wherever the running kernel has it. */
#define BPF_CORE_READ(object, field)                                                                                   \
	({                                                                                                             \
		typeof((object)->field) value_;                                                                        \
		const volatile void *place_ = __builtin_preserve_access_index(&(object)->field);                      \
		bpf_probe_read_kernel((void *)&value_, sizeof(value_), (const void *)place_);                          \
		value_;                                                                                                \
	})

#define bpf_core_field_exists(field) __builtin_preserve_field_info(field, 2)

#endif
