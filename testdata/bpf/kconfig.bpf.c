// SPDX-License-Identifier: MIT
/* Every type that a value of the kernel's configuration can have. */
#include "bpf.h"

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

extern _Bool CONFIG_TEST_BOOL SEC_EXTERN(".kconfig");
extern char CONFIG_TEST_CHAR SEC_EXTERN(".kconfig");
extern s32 CONFIG_TEST_S32 SEC_EXTERN(".kconfig");
extern u16 CONFIG_TEST_U16 SEC_EXTERN(".kconfig");
extern u64 CONFIG_TEST_U64 SEC_EXTERN(".kconfig");
extern enum libbpf_tristate CONFIG_TEST_TRISTATE SEC_EXTERN(".kconfig");
extern char CONFIG_TEST_TEXT[8] SEC_EXTERN(".kconfig");
extern u32 CONFIG_TEST_ABSENT SEC_EXTERN(".kconfig") __attribute__((weak));
extern _Bool LINUX_HAS_BPF_COOKIE SEC_EXTERN(".kconfig");

struct {
	u64 wide;
	s32 negative;
	enum libbpf_tristate tristate;
	u32 absent;
	u16 narrow;
	_Bool flag;
	_Bool cookie;
	char letter;
	char text[8];
} seen;

SEC("socket")
int copy(void *packet)
{
	seen.wide = CONFIG_TEST_U64;
	seen.negative = CONFIG_TEST_S32;
	seen.tristate = CONFIG_TEST_TRISTATE;
	seen.absent = CONFIG_TEST_ABSENT;
	seen.narrow = CONFIG_TEST_U16;
	seen.flag = CONFIG_TEST_BOOL;
	seen.cookie = LINUX_HAS_BPF_COOKIE;
	seen.letter = CONFIG_TEST_CHAR;
	for (int i = 0; i < 8; i++)
		seen.text[i] = CONFIG_TEST_TEXT[i];
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
