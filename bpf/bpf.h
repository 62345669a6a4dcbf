/* SPDX-License-Identifier: MIT */
/*
 * What a BPF program needs from its loader and from clang: sections, map definitions, helper functions and the CO-RE
 * builtins. Only what the programs here use.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

#define NULL ((void *)0)

#define SEC(name) __attribute__((section(name), used))
#define SEC_EXTERN(name) __attribute__((section(name)))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NO_INLINE __attribute__((noinline))

/* Members of a map definition in section .maps: the loader reads them from BTF, the variable itself stays zero. */
#define __uint(name, value) int (*name)[value]
#define __type(name, type) typeof(type) *name
#define __array(name, type) typeof(type) *name[]

/* enum bpf_map_type of the kernel's uapi/linux/bpf.h, the few used */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_ARRAY_OF_MAPS 12
#define BPF_MAP_TYPE_SOCKMAP 15
#define BPF_MAP_TYPE_RINGBUF 27

/* map_flags */
#define BPF_F_NO_PREALLOC 1

/* flags of bpf_map_update_elem */
#define BPF_ANY 0
#define BPF_NOEXIST 1

#define CLOCK_MONOTONIC 1

/* Helpers are called by number (enum bpf_func_id). "GPL" marks those only a GPL-compatible program may call. */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*const bpf_ktime_get_ns)(void) = (void *)5; /* GPL; CLOCK_MONOTONIC */
static u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static u64 (*const bpf_get_current_task)(void) = (void *)35; /* GPL */
static long (*const bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113; /* GPL */
static long (*const bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115; /* GPL */
static long (*const bpf_ringbuf_output)(void *ringbuf, void *data, u64 size, u64 flags) = (void *)130;
static long (*const bpf_timer_init)(void *timer, void *map, u64 clock) = (void *)169; /* GPL; 5.15, as the next two */
static long (*const bpf_timer_set_callback)(void *timer, void *callback) = (void *)170; /* GPL */
static long (*const bpf_timer_start)(void *timer, u64 nanoseconds, u64 flags) = (void *)171; /* GPL */
static long (*const bpf_for_each_map_elem)(void *map, void *callback, void *context, u64 flags) = (void *)164; /* 5.13 */

/*
 * CO-RE: each of these becomes one relocation, and the loader puts in the value that holds for the running kernel. The
 * second argument of the builtins is the relocation kind, in clang's numbering.
 */
#define FIELD_OFFSET(field) __builtin_preserve_field_info(field, 0)
#define FIELD_SIZE(field) __builtin_preserve_field_info(field, 1)
#define FIELD_EXISTS(field) __builtin_preserve_field_info(field, 2)
#define FIELD_SIGNED(field) __builtin_preserve_field_info(field, 3)
#define FIELD_LEFT_SHIFT(field) __builtin_preserve_field_info(field, 4)
#define FIELD_RIGHT_SHIFT(field) __builtin_preserve_field_info(field, 5)
#define ENUM_VALUE_EXISTS(type, name) __builtin_preserve_enum_value(*(enum type *)name, 0)
#define ENUM_VALUE(type, name) __builtin_preserve_enum_value(*(enum type *)name, 1)

/*
 * Reads an integer or bit-field of whatever width and signedness the running kernel gives it: the shifts cut the value out
 * of the 64 bits it is read into.
 */
#define READ_INTEGER(object, field)                                                                                    \
	({                                                                                                             \
		u64 value_ = 0;                                                                                        \
		bpf_probe_read_kernel(&value_, FIELD_SIZE((object)->field),                                            \
			(const void *)(object) + FIELD_OFFSET((object)->field));                                       \
		value_ <<= FIELD_LEFT_SHIFT((object)->field);                                                          \
		FIELD_SIGNED((object)->field) ? (u64)((s64)value_ >> FIELD_RIGHT_SHIFT((object)->field))               \
					      : value_ >> FIELD_RIGHT_SHIFT((object)->field);                          \
	})

/* Reads a pointer; READ_POINTER_AT one out of an array member. A 32-bit kernel's fill the low half. */
#define READ_POINTER(object, field)                                                                                    \
	({                                                                                                             \
		u64 pointer_ = 0;                                                                                      \
		bpf_probe_read_kernel(&pointer_, FIELD_SIZE((object)->field),                                          \
			(const void *)(object) + FIELD_OFFSET((object)->field));                                       \
		(typeof((object)->field))pointer_;                                                                     \
	})

#define READ_POINTER_AT(object, field, index)                                                                          \
	({                                                                                                             \
		u64 pointer_ = 0;                                                                                      \
		u32 size_ = FIELD_SIZE((object)->field[0]);                                                            \
		bpf_probe_read_kernel(&pointer_, size_,                                                                \
			(const void *)(object) + FIELD_OFFSET((object)->field) + (index) * size_);                     \
		(typeof((object)->field[0]))pointer_;                                                                  \
	})
