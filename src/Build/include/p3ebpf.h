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
 * Says that the records of a ring or perf buffer are of a type: the generated class reads them as such. The type is put into the object, which
 * clang does only for types that something global has.
 */
#define BPF_RECORD(map, type) type *map##_record

#ifndef BPF_ANY
#define BPF_ANY 0
#define BPF_NOEXIST 1
#define BPF_EXIST 2
#endif

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
static long (*const bpf_probe_read_user)(void *to, __u32 size, const void *from) = (void *)112;
static long (*const bpf_probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
static long (*const bpf_probe_read_user_str)(void *to, __u32 size, const void *from) = (void *)114;
static long (*const bpf_probe_read_kernel_str)(void *to, __u32 size, const void *from) = (void *)115;
static long (*const bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *)130;
static void *(*const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)132;
static void (*const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *)133;

/* Reads a field of the kernel's memory, wherever the running kernel has it. */
#define BPF_CORE_READ(object, field)                                                                                   \
	({                                                                                                             \
		typeof((object)->field) value_;                                                                        \
		bpf_probe_read_kernel(&value_, sizeof(value_), __builtin_preserve_access_index(&(object)->field));     \
		value_;                                                                                                \
	})

#define bpf_core_field_exists(field) __builtin_preserve_field_info(field, 2)

#endif
