// SPDX-License-Identifier: MIT
/* A field of a nested struct that Linux 6.11 made two fields of: inode.i_atime.tv_sec became i_atime_sec. */
#include "bpf.h"

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
} __attribute__((preserve_access_index));

struct inode {
	u16 i_mode;
	struct timespec64 i_atime;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int reads(void *context)
{
	struct inode *inode = *(void **)context;

	return (int)READ_INTEGER(inode, i_atime.tv_sec);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
