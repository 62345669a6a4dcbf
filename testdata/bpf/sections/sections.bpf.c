/* SPDX-License-Identifier: MIT */
/*
 * A program for every section name that loaders know, each of which counts its runs. All are optional: a test takes one at a time. The functions
 * and files that they are attached to are on every kernel, or in testdata/elf.
 */
#include "bpf.h"

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} sockets SEC(".maps");

/* For iterators to walk */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, u32);
	__type(value, u64);
} numbers SEC(".maps");

#define PROGRAM(name, section, context, result)                                                                                   \
	u64 hits_##name;                                                                                                           \
	SEC("?" section) int name(context *ctx)                                                                                    \
	{                                                                                                                          \
		__sync_fetch_and_add(&hits_##name, 1);                                                                             \
		return result;                                                                                                     \
	}

/* The verifier knows them by their names. */
struct __sk_buff {
	u32 len;
};

struct xdp_md {
	u32 data;
};

/* Sockets */
PROGRAM(socket, "socket", void, -1)
PROGRAM(sk_reuseport_migrate, "sk_reuseport/migrate", void, 1)
PROGRAM(sk_reuseport, "sk_reuseport", void, 1)

/* Functions of the kernel */
PROGRAM(kprobe, "kprobe/vfs_write", void, 0)
PROGRAM(kretprobe, "kretprobe/vfs_write", void, 0)
PROGRAM(kprobe_multi, "kprobe.multi/vfs_wr*", void, 0)
PROGRAM(kretprobe_multi, "kretprobe.multi/vfs_wr*", void, 0)
PROGRAM(kprobe_session, "kprobe.session/vfs_wr*", void, 0)
PROGRAM(ksyscall, "ksyscall/getpgid", void, 0)
PROGRAM(kretsyscall, "kretsyscall/getpgid", void, 0)

/* Functions of programs; the test says which file */
PROGRAM(uprobe, "uprobe/probes.pie:work", void, 0)
PROGRAM(uprobe_s, "uprobe.s/probes.pie:work", void, 0)
PROGRAM(uretprobe, "uretprobe/probes.pie:work", void, 0)
PROGRAM(uretprobe_s, "uretprobe.s/probes.pie:work", void, 0)
PROGRAM(uprobe_multi, "uprobe.multi/probes.pie:wo*k", void, 0)
PROGRAM(uretprobe_multi, "uretprobe.multi/probes.pie:wo*k", void, 0)
PROGRAM(uprobe_session, "uprobe.session/probes.pie:wo*k", void, 0)
PROGRAM(uprobe_multi_s, "uprobe.multi.s/probes.pie:wo*k", void, 0)
PROGRAM(uretprobe_multi_s, "uretprobe.multi.s/probes.pie:wo*k", void, 0)
PROGRAM(uprobe_session_s, "uprobe.session.s/probes.pie:wo*k", void, 0)

/* Traffic of devices; -1 leaves the decision to the next program */
PROGRAM(tc_ingress, "tc/ingress", struct __sk_buff, -1)
PROGRAM(tc_egress, "tc/egress", struct __sk_buff, -1)
PROGRAM(tcx_ingress, "tcx/ingress", struct __sk_buff, -1)
PROGRAM(tcx_egress, "tcx/egress", struct __sk_buff, -1)
PROGRAM(tc, "tc", struct __sk_buff, -1)
PROGRAM(classifier, "classifier", struct __sk_buff, -1)
PROGRAM(action, "action", struct __sk_buff, 0)
PROGRAM(netkit_primary, "netkit/primary", struct __sk_buff, -1)
PROGRAM(netkit_peer, "netkit/peer", struct __sk_buff, -1)
PROGRAM(xdp_frags_devmap, "xdp.frags/devmap", struct xdp_md, 2)
PROGRAM(xdp_devmap, "xdp/devmap", struct xdp_md, 2)
PROGRAM(xdp_frags_cpumap, "xdp.frags/cpumap", struct xdp_md, 2)
PROGRAM(xdp_cpumap, "xdp/cpumap", struct xdp_md, 2)
PROGRAM(xdp_frags, "xdp.frags", struct xdp_md, 2)
PROGRAM(xdp, "xdp", struct xdp_md, 2)
PROGRAM(lwt_in, "lwt_in", struct __sk_buff, 0)
PROGRAM(lwt_out, "lwt_out", struct __sk_buff, 0)
PROGRAM(lwt_xmit, "lwt_xmit", struct __sk_buff, 0)
PROGRAM(lwt_seg6local, "lwt_seg6local", struct __sk_buff, 0)
PROGRAM(flow_dissector, "flow_dissector", struct __sk_buff, 0)
PROGRAM(sk_lookup, "sk_lookup", void, 1)
PROGRAM(netfilter, "netfilter", void, 1)

/* Tracepoints */
PROGRAM(tracepoint, "tracepoint/syscalls/sys_enter_getpgid", void, 0)
PROGRAM(tp, "tp/syscalls/sys_enter_getpgid", void, 0)
PROGRAM(tracepoint_s, "tracepoint.s/syscalls/sys_enter_getpgid", void, 0)
PROGRAM(tp_s, "tp.s/syscalls/sys_enter_getpgid", void, 0)
PROGRAM(raw_tracepoint, "raw_tracepoint/sys_enter", void, 0)
PROGRAM(raw_tp, "raw_tp/sys_enter", void, 0)
PROGRAM(raw_tracepoint_s, "raw_tracepoint.s/sys_enter", void, 0)
PROGRAM(raw_tp_s, "raw_tp.s/sys_enter", void, 0)
PROGRAM(raw_tracepoint_w, "raw_tracepoint.w/sys_enter", void, 0)
PROGRAM(raw_tp_w, "raw_tp.w/sys_enter", void, 0)
PROGRAM(tp_btf, "tp_btf/sys_enter", void, 0)
PROGRAM(tp_btf_s, "tp_btf.s/sys_enter", void, 0)
PROGRAM(perf_event, "perf_event", void, 0)

/* What the kernel's types describe; bpf_fentry_test1 may sleep from Linux 6.3 on, and is called by BPF_PROG_TEST_RUN */
PROGRAM(fentry, "fentry/vfs_write", void, 0)
PROGRAM(fentry_s, "fentry.s/bpf_fentry_test1", void, 0)
PROGRAM(fexit, "fexit/vfs_write", void, 0)
PROGRAM(fexit_s, "fexit.s/bpf_fentry_test1", void, 0)
PROGRAM(fmod_ret, "fmod_ret/security_task_getpgid", void, 0)
PROGRAM(fmod_ret_s, "fmod_ret.s/bpf_fentry_test1", void, 0)
PROGRAM(fsession, "fsession/vfs_write", void, 0)
PROGRAM(fsession_s, "fsession.s/bpf_fentry_test1", void, 0)
PROGRAM(fentry_multi, "fentry.multi/bpf_fentry_test*", void, 0)
PROGRAM(fentry_multi_s, "fentry.multi.s/bpf_fentry_test1", void, 0)
PROGRAM(fexit_multi, "fexit.multi/bpf_fentry_test*", void, 0)
PROGRAM(fexit_multi_s, "fexit.multi.s/bpf_fentry_test1", void, 0)
PROGRAM(fsession_multi, "fsession.multi/bpf_fentry_test*", void, 0)
PROGRAM(fsession_multi_s, "fsession.multi.s/bpf_fentry_test1", void, 0)
PROGRAM(lsm, "lsm/file_open", void, 0)
PROGRAM(lsm_s, "lsm.s/file_open", void, 0)
PROGRAM(lsm_cgroup, "lsm_cgroup/socket_create", void, 1)
PROGRAM(iter, "iter/task", void, 0)
PROGRAM(iter_s, "iter.s/task", void, 0)
PROGRAM(iter_map, "iter/bpf_map_elem", void, 0)
PROGRAM(iter_cgroup, "iter/cgroup", void, 0)
PROGRAM(freplace, "freplace/replaceable", struct __sk_buff, 7)
PROGRAM(syscall, "syscall", void, 0)

/* Maps of sockets */
PROGRAM(sk_skb_stream_parser, "sk_skb/stream_parser", struct __sk_buff, 8)
PROGRAM(sk_skb_stream_verdict, "sk_skb/stream_verdict", struct __sk_buff, 1)
PROGRAM(sk_skb_verdict, "sk_skb/verdict", struct __sk_buff, 1)
PROGRAM(sk_skb, "sk_skb", struct __sk_buff, 1)
PROGRAM(sk_msg, "sk_msg", void, 1)

/* Control groups; 1 allows */
PROGRAM(sockops, "sockops", void, 1)
PROGRAM(cgroup_skb_ingress, "cgroup_skb/ingress", struct __sk_buff, 1)
PROGRAM(cgroup_skb_egress, "cgroup_skb/egress", struct __sk_buff, 1)
PROGRAM(cgroup_skb, "cgroup/skb", struct __sk_buff, 1)
PROGRAM(cgroup_sock_create, "cgroup/sock_create", void, 1)
PROGRAM(cgroup_sock_release, "cgroup/sock_release", void, 1)
PROGRAM(cgroup_sock, "cgroup/sock", void, 1)
PROGRAM(cgroup_post_bind4, "cgroup/post_bind4", void, 1)
PROGRAM(cgroup_post_bind6, "cgroup/post_bind6", void, 1)
PROGRAM(cgroup_bind4, "cgroup/bind4", void, 1)
PROGRAM(cgroup_bind6, "cgroup/bind6", void, 1)
PROGRAM(cgroup_connect4, "cgroup/connect4", void, 1)
PROGRAM(cgroup_connect6, "cgroup/connect6", void, 1)
PROGRAM(cgroup_connect_unix, "cgroup/connect_unix", void, 1)
PROGRAM(cgroup_sendmsg4, "cgroup/sendmsg4", void, 1)
PROGRAM(cgroup_sendmsg6, "cgroup/sendmsg6", void, 1)
PROGRAM(cgroup_sendmsg_unix, "cgroup/sendmsg_unix", void, 1)
PROGRAM(cgroup_recvmsg4, "cgroup/recvmsg4", void, 1)
PROGRAM(cgroup_recvmsg6, "cgroup/recvmsg6", void, 1)
PROGRAM(cgroup_recvmsg_unix, "cgroup/recvmsg_unix", void, 1)
PROGRAM(cgroup_getpeername4, "cgroup/getpeername4", void, 1)
PROGRAM(cgroup_getpeername6, "cgroup/getpeername6", void, 1)
PROGRAM(cgroup_getpeername_unix, "cgroup/getpeername_unix", void, 1)
PROGRAM(cgroup_getsockname4, "cgroup/getsockname4", void, 1)
PROGRAM(cgroup_getsockname6, "cgroup/getsockname6", void, 1)
PROGRAM(cgroup_getsockname_unix, "cgroup/getsockname_unix", void, 1)
PROGRAM(cgroup_sysctl, "cgroup/sysctl", void, 1)
PROGRAM(cgroup_getsockopt, "cgroup/getsockopt", void, 1)
PROGRAM(cgroup_setsockopt, "cgroup/setsockopt", void, 1)
PROGRAM(cgroup_dev, "cgroup/dev", void, 1)

/* Replaced by the program of freplace, and watched by fentry and fexit of BPF programs */
NO_INLINE int replaceable(struct __sk_buff *ctx)
{
	volatile int result = 3;
	return result;
}

SEC("?socket") int target(struct __sk_buff *ctx)
{
	return replaceable(ctx);
}

u64 hits_watch_entry;
u64 hits_watch_exit;

SEC("?fentry/replaceable") int watch_entry(void *ctx)
{
	__sync_fetch_and_add(&hits_watch_entry, 1);
	return 0;
}

SEC("?fexit/replaceable") int watch_exit(void *ctx)
{
	__sync_fetch_and_add(&hits_watch_exit, 1);
	return 0;
}
