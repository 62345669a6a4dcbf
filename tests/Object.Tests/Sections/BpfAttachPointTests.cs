namespace P3Ebpf.Object.Tests;

/// <summary>What section names say, with the targets that are sound, that are left open, and that are not.</summary>
public sealed class BpfAttachPointTests
{
    public static TheoryData<string, BpfAttachPoint, string> Sound => new()
    {
        { "tracepoint/sched/sched_switch", new BpfTracepoint("sched", "sched_switch"), "" },
        { "tracepoint/s/t", new BpfTracepoint("s", "t"), "" },
        { "kprobe/do_exit", new BpfKprobe("do_exit", 0, AtReturn: false), "kprobe do_exit" },
        { "kprobe/do_exit+0x1a", new BpfKprobe("do_exit", 26, AtReturn: false), "kprobe do_exit+0x1a" },
        { "kprobe/d+10", new BpfKprobe("d", 10, AtReturn: false), "kprobe d+0xa" },
        { "kretprobe/do_exit", new BpfKprobe("do_exit", 0, AtReturn: true), "kretprobe do_exit" },
        { "kprobe.multi/tcp_*", new BpfKprobeMulti("tcp_*", AtReturn: false, IsSession: false), "kprobe.multi tcp_*" },
        { "kretprobe.multi/tcp_*", new BpfKprobeMulti("tcp_*", AtReturn: true, IsSession: false), "kretprobe.multi tcp_*" },
        { "kprobe.session/tcp_*", new BpfKprobeMulti("tcp_*", AtReturn: false, IsSession: true), "kprobe.session tcp_*" },
        { "ksyscall/getpgid", new BpfSystemCallProbe("getpgid", AtReturn: false), "ksyscall getpgid" },
        { "kretsyscall/getpgid", new BpfSystemCallProbe("getpgid", AtReturn: true), "kretsyscall getpgid" },
        { "uprobe//bin/sh:main", new BpfUprobe("/bin/sh", "main", 0, AtReturn: false), "uprobe /bin/sh:main" },
        { "uretprobe/a:f", new BpfUprobe("a", "f", 0, AtReturn: true), "uretprobe a:f" },
        { "uprobe/a:b:f+0x10", new BpfUprobe("a:b", "f", 16, AtReturn: false), "uprobe a:b:f+0x10" },
        { "uprobe/a:0X4e2", new BpfUprobe("a", "", 0x4e2, AtReturn: false), "uprobe a:0x4e2" },
        { "uprobe/a:1250", new BpfUprobe("a", "", 1250, AtReturn: false), "uprobe a:0x4e2" },
        { "uprobe/a:operator+x+1", new BpfUprobe("a", "operator+x", 1, AtReturn: false), "uprobe a:operator+x+0x1" },
        { "uprobe.multi/a:f*", new BpfUprobeMulti("a", "f*", AtReturn: false, IsSession: false), "uprobe.multi a:f*" },
        { "uretprobe.multi/a:f*", new BpfUprobeMulti("a", "f*", AtReturn: true, IsSession: false), "uretprobe.multi a:f*" },
        { "uprobe.session/a:f*", new BpfUprobeMulti("a", "f*", AtReturn: false, IsSession: true), "uprobe.session a:f*" },
        { "usdt/a:p:n", new BpfUsdt("a", "p", "n"), "usdt a:p:n" },
        { "usdt/a:b:p:n", new BpfUsdt("a:b", "p", "n"), "usdt a:b:p:n" },
        { "fentry/vfs_write", new BpfBtfTarget(BpfAttachType.TraceFentry, "vfs_write"), "" },
        { "fentry/nf_conntrack:nf_ct_get", new BpfBtfTarget(BpfAttachType.TraceFentry, "nf_ct_get", "nf_conntrack"), "" },
    };

    [Theory]
    [MemberData(nameof(Sound))]
    public void A_section_name_says_where(string name, BpfAttachPoint expected, string text)
    {
        BpfAttachPoint point = BpfAttachPoint.Parse(name);

        point.Should().Be(expected);
        point.IsComplete.Should().BeTrue();
        if (text.Length > 0)
            point.ToString().Should().Be(text);
    }

    [Theory]
    [InlineData("tracepoint/x")]
    [InlineData("tracepoint/sched")]
    [InlineData("tracepoint//sched_switch")]
    [InlineData("tracepoint/sched/")]
    [InlineData("kprobe/+1")]
    [InlineData("kprobe/do_exit+")]
    [InlineData("kprobe/do_exit+x")]
    [InlineData("kprobe/do_exit+-1")]
    [InlineData("kretprobe/do_exit+1")]
    [InlineData("uprobe/main")]
    [InlineData("uprobe/:main")]
    [InlineData("uprobe/a:")]
    [InlineData("uprobe/a:f+")]
    [InlineData("uprobe/a:+1")]
    [InlineData("uretprobe/a:f+1")]
    [InlineData("uprobe.multi/a")]
    [InlineData("uprobe.multi/:f")]
    [InlineData("uprobe.multi/a:")]
    [InlineData("usdt/a")]
    [InlineData("usdt/a:n")]
    [InlineData("usdt/:n")]
    [InlineData("usdt/:p:n")]
    [InlineData("usdt/a::n")]
    [InlineData("usdt/a:p:")]
    [InlineData("no_such_section")]
    public void A_target_that_makes_no_sense_says_so(string name)
    {
        BpfInvalidAttachPoint point = BpfAttachPoint.Parse(name).Should().BeOfType<BpfInvalidAttachPoint>().Subject;

        point.Text.Should().Be(name);
        point.IsComplete.Should().BeFalse();
        point.Missing.Should().StartWith($"a sound section name: SEC(\"{name}\") ");
        point.ToString().Should().StartWith($"SEC(\"{name}\"), which ");
    }

    [Theory]
    [InlineData("kprobe", "a kernel function")]
    [InlineData("kprobe.multi", "a pattern of kernel functions")]
    [InlineData("ksyscall", "a system call")]
    [InlineData("uprobe", "a program or library and a function in it")]
    [InlineData("uprobe.multi", "a program or library and a pattern of functions in it")]
    [InlineData("usdt", "a program or library, a provider and a probe")]
    public void A_name_without_target_says_what_is_open(string name, string missing) => BpfAttachPoint.Parse(name).Missing.Should().Be(missing);

    [Theory]
    [InlineData("tracepoint/sched/sched_switch", "tracepoint sched/sched_switch", null, null)]
    [InlineData("tracepoint", "tracepoint /", "a tracepoint (CATEGORY/NAME)", null)]
    [InlineData("raw_tp/sys_enter", "raw tracepoint sys_enter", null, "Typedef btf_trace_sys_enter")]
    [InlineData("raw_tp", "raw tracepoint ", "a tracepoint", null)]
    [InlineData("fentry/vfs_write", "vfs_write", null, "Func vfs_write")]
    [InlineData("fexit/nf_conntrack:nf_ct_get", "nf_conntrack:nf_ct_get", null, "Func nf_ct_get")]
    [InlineData("fentry", "", "a function, hook or tracepoint of the kernel (or of a BPF program)", null)]
    [InlineData("tp_btf/sched_switch", "sched_switch", null, "Typedef btf_trace_sched_switch")]
    [InlineData("lsm/socket_bind", "socket_bind", null, "Func bpf_lsm_socket_bind")]
    [InlineData("lsm_cgroup/socket_bind", "socket_bind", "a control group", "Func bpf_lsm_socket_bind")]
    [InlineData("fentry.multi/vfs_*", "vfs_*", null, null)]
    [InlineData("fentry.multi/xfs:xfs_*", "xfs:xfs_*", null, null)]
    [InlineData("fentry.multi", "", "functions of the kernel, as in fentry.multi/vfs_*", null)]
    [InlineData("iter/task", "iterator task", null, "Func bpf_iter_task")]
    [InlineData("uprobe", "uprobe :0x0", "a program or library and a function in it", null)]
    [InlineData("iter", "iterator ", "what to walk, as in iter/task", null)]
    [InlineData("freplace/work", "freplace work", "the program whose function is replaced", null)]
    [InlineData("struct_ops/init", "struct_ops init", "its struct_ops map, with which it is attached", null)]
    [InlineData("xdp", "Xdp of a network device", "a network device", null)]
    [InlineData("tc", "a network device", "a network device and a direction (ingress or egress)", null)]
    [InlineData("cgroup/dev", "CgroupDevice of a control group", "a control group", null)]
    [InlineData("cgroup/skb", "a control group", "a control group", null)]
    [InlineData("sk_lookup", "SkLookup of a network namespace", "a network namespace", null)]
    [InlineData("sk_msg", "SkMsgVerdict of a map of sockets", "a sockmap or sockhash", null)]
    [InlineData("sk_skb", "a map of sockets", "a sockmap or sockhash", null)]
    [InlineData("socket", "a socket", "a socket", null)]
    [InlineData("perf_event", "a perf event", "a perf event", null)]
    [InlineData("netfilter", "a netfilter hook", "a protocol family, hook and priority", null)]
    [InlineData("lirc_mode2", "a LIRC device", "a LIRC device", null)]
    [InlineData("syscall", "nowhere", "nothing: it is run, or entered in a map or route, and not attached", null)]
    public void A_place_is_told_with_what_is_open_and_what_the_kernel_must_have(string section, string text, string? missing, string? kernelType)
    {
        BpfAttachPoint point = BpfAttachPoint.Parse(section);

        point.ToString().Should().Be(text);
        point.Missing.Should().Be(missing);
        point.IsComplete.Should().Be(missing is null);
        (point.KernelType is { } type ? $"{type.Kind} {type.Name}" : null).Should().Be(kernelType);
    }
}
