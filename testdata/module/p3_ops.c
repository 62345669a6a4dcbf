// SPDX-License-Identifier: MIT OR GPL-2.0
/*
 * A module with a struct of callbacks of its own (Linux 6.9), which testdata/bpf/module_ops.bpf.c fills: registering one calls its answer() once,
 * and /sys/module/p3_ops/parameters/answer shows what that returned until it is unregistered.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/bpf_verifier.h>
#include <linux/module.h>

struct p3_module_ops {
	char name[8];
	int (*other)(int number);
	int (*answer)(int number);
	int number;
};

static int p3_answer;
module_param_named(answer, p3_answer, int, 0444);

static int p3_other(int number) { return 0; }
static int p3_answer_stub(int number) { return 0; }
static struct p3_module_ops stubs = { .other = p3_other, .answer = p3_answer_stub };

static const struct bpf_func_proto *get_func_proto(enum bpf_func_id id, const struct bpf_prog *prog) { return bpf_base_func_proto(id, prog); }
static bool is_valid_access(int off, int size, enum bpf_access_type type, const struct bpf_prog *prog, struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}
static int btf_access(struct bpf_verifier_log *log, const struct bpf_reg_state *reg, int off, int size) { return -EACCES; }
static const struct bpf_verifier_ops verifier_ops = { .get_func_proto = get_func_proto, .is_valid_access = is_valid_access, .btf_struct_access = btf_access };

static int ops_init(struct btf *btf) { return 0; }
static int init_member(const struct btf_type *t, const struct btf_member *member, void *kdata, const void *udata)
{
	const struct p3_module_ops *from = udata;
	struct p3_module_ops *to = kdata;
	u32 offset = __btf_member_bit_offset(t, member) / 8;

	if (offset == offsetof(struct p3_module_ops, number)) { to->number = from->number; return 1; }
	if (offset == offsetof(struct p3_module_ops, name)) { memcpy(to->name, from->name, sizeof(to->name)); return 1; }
	return 0;
}
static int reg(void *kdata, struct bpf_link *link)
{
	struct p3_module_ops *ops = kdata;

	if (!ops->answer)
		return -EINVAL;
	if (p3_answer)
		return -EEXIST;
	p3_answer = ops->answer(ops->number);
	return 0;
}
static void unreg(void *kdata, struct bpf_link *link) { p3_answer = 0; }

static struct bpf_struct_ops p3_struct_ops = {
	.verifier_ops = &verifier_ops, .init = ops_init, .init_member = init_member, .reg = reg, .unreg = unreg,
	.cfi_stubs = &stubs, .name = "p3_module_ops", .owner = THIS_MODULE,
};

static int __init p3_init(void) { return register_bpf_struct_ops(&p3_struct_ops, p3_module_ops); }
static void __exit p3_exit(void) {}
module_init(p3_init);
module_exit(p3_exit);
MODULE_LICENSE("Dual MIT/GPL");
