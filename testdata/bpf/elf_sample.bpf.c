// SPDX-License-Identifier: GPL-2.0
// A small object with what the ELF reader is tested on: program, map, data and debug sections, calls between sections,
// and relocations against all of them. It needs no headers. Build:
//   clang-19 -O2 -g -target bpf -fdebug-compilation-dir=. -c elf_sample.bpf.c -o elf_sample.bpf.o

#define SEC(name) __attribute__((section(name), used))

typedef unsigned int __u32;
typedef unsigned long long __u64;

struct {
	int (*type)[1];
	int (*max_entries)[16];
	__u32 *key;
	__u64 *value;
} counts SEC(".maps");

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;

extern int configured __attribute__((section(".ksyms"), weak));

const volatile __u32 wanted = 7;
__u64 seen;
__u64 limit = 1000;

__attribute__((noinline)) __u64 *find(__u32 key)
{
	return bpf_map_lookup_elem(&counts, &key);
}

static __attribute__((noinline)) int hidden_step(__u64 *count)
{
	if (*count < limit)
		(*count)++;
	return 0;
}

SEC("tracepoint/sched/sched_switch")
int on_switch(void *context)
{
	__u64 *count = find(wanted);

	seen++;
	if (count)
		hidden_step(count);
	return 0;
}

SEC("?kprobe/optional")
int on_optional(void *context)
{
	return &configured ? (int)seen : 0;
}

static const char _license[] SEC("license") = "GPL";
