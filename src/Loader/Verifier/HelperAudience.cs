using System.Text.RegularExpressions;

namespace P3Ebpf.Loader.Verifier;

/// <summary>Which kinds of program may call the helpers that only some may.</summary>
/// <remarks>By the get_func_proto functions of the kernel's program types (net/core/filter.c, kernel/trace/bpf_trace.c, kernel/bpf/cgroup.c, kernel/bpf/syscall.c).</remarks>
internal static partial class HelperAudience
{
    private const string Tracing = "tracing programs (kprobe, tracepoint, raw_tp, perf_event, fentry, lsm)";

    /// <summary>The longest name that a helper's begins with counts.</summary>
    private static readonly (string Prefix, string Programs)[] Known =
    [
        ("bpf_xdp_", "xdp"),
        ("bpf_skb_load_bytes", "tc, socket filters, cgroup_skb, sk_skb, lwt and flow_dissector"),
        ("bpf_skb_", "tc, and some of them lwt and sk_skb"),
        ("bpf_skb_output", "fentry, fexit, tp_btf and iter"),
        ("bpf_skb_cgroup_id", "tc and cgroup_skb"),
        ("bpf_l3_csum_replace", "tc"),
        ("bpf_l4_csum_replace", "tc"),
        ("bpf_clone_redirect", "tc"),
        ("bpf_redirect_neigh", "tc"),
        ("bpf_redirect_peer", "tc (ingress)"),
        ("bpf_redirect_map", "xdp"),
        ("bpf_redirect", "tc and xdp"),
        ("bpf_msg_", "sk_msg"),
        ("bpf_sk_redirect_", "sk_skb"),
        ("bpf_sk_select_reuseport", "sk_reuseport"),
        ("bpf_sock_ops_", "sockops"),
        ("bpf_sock_map_update", "sockops"),
        ("bpf_sock_hash_update", "sockops"),
        ("bpf_store_hdr_opt", "sockops"),
        ("bpf_sysctl_", "cgroup/sysctl"),
        ("bpf_bind", "cgroup/connect4 and cgroup/connect6"),
        ("bpf_rc_", "lirc_mode2"),
        ("bpf_lwt_", "lwt_in, lwt_out and lwt_xmit"),
        ("bpf_override_return", "kprobe (with CONFIG_BPF_KPROBE_OVERRIDE)"),
        ("bpf_get_func_ret", "fexit and fmod_ret"),
        ("bpf_get_func_arg", "fentry, fexit and fmod_ret"),
        ("bpf_d_path", "fentry, fexit, lsm and iter, for some functions"),
        ("bpf_seq_", "iter"),
        ("bpf_bprm_opts_set", "lsm"),
        ("bpf_ima_", "lsm.s"),
        ("bpf_inode_storage_", "lsm and tracing programs"),
        ("bpf_copy_from_user", "sleepable programs (fentry.s, lsm.s, uprobe.s, iter.s, syscall)"),
        ("bpf_sys_bpf", "syscall"),
        ("bpf_sys_close", "syscall"),
        ("bpf_btf_find_by_name_kind", "syscall"),
        ("bpf_kallsyms_lookup_name", "syscall"),
        ("bpf_perf_prog_read_value", "perf_event"),
        ("bpf_read_branch_records", "perf_event"),
        ("bpf_get_attach_cookie", "kprobe, uprobe, tracepoint, perf_event, fentry and the like"),
        ("bpf_probe_read", Tracing),
        ("bpf_probe_write_user", Tracing),
        ("bpf_get_stack", Tracing),
        ("bpf_send_signal", Tracing),
        ("bpf_perf_event_read", Tracing),
        ("bpf_get_current_comm", Tracing + ", and some cgroup programs"),
    ];

    /// <summary>What to do where the verdict is about a helper that the program may not call, or that does not exist.</summary>
    public static string? Advise(IReadOnlyList<string> verdict)
    {
        foreach (string line in verdict)
        {
            if (Missing().Match(line) is { Success: true } missing)
                return $"This kernel has no helper of number {missing.Groups[1].Value}: it is too old for it, or the number is wrong (a helper is declared with its number).";
            if (Refused().Match(line) is not { Success: true } refused)
                continue;
            string name = refused.Groups[1].Value;
            return Of(name) is { } programs
                ? $"{name}() is for these kinds of program: {programs}."
                : $"{name}() is not for this kind of program, or this kernel does not have it; the kernel's documentation (bpf-helpers(7)) says who may call it.";
        }

        return null;
    }

    private static string? Of(string helper) =>
        Known.Where(known => helper.StartsWith(known.Prefix, StringComparison.Ordinal)).OrderByDescending(known => known.Prefix.Length).FirstOrDefault().Programs;

    [GeneratedRegex(@"invalid func unknown#(\d{1,6})\b")]
    private static partial Regex Missing();

    // "unknown func" until Linux 6.9, "program of this type cannot use helper" since.
    [GeneratedRegex(@"(?:unknown func|program of this type cannot use helper) (bpf_\w+)#\d+")]
    private static partial Regex Refused();
}
