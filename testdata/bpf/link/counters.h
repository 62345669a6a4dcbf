/* SPDX-License-Identifier: MIT */
/* What the files that are linked together share. */
#pragma once
#include "bpf.h"

#define WEAK __attribute__((weak))
#define HIDDEN __attribute__((visibility("hidden")))
#define KCONFIG SEC_EXTERN(".kconfig")
#define KSYM SEC_EXTERN(".ksyms")

struct __sk_buff;

struct sample {
	u64 number;
	s32 factor;
	char text[12];
};

/* The map that main.bpf.c defines and the others declare. */
struct sums_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
};

/* Defined in library.bpf.c. */
int scale(int number, const struct sample *sample);
int hidden_step(int number);
int preferred(void);
int fallback(void);
