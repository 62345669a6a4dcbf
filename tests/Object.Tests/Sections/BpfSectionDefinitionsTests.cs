namespace P3Ebpf.Object.Tests;

public sealed class BpfSectionDefinitionsTests
{
    [Theory]
    [InlineData("socket", "SocketFilter - - Socket ''")]
    [InlineData("sk_reuseport/migrate", "SkReuseport SkReuseportSelectOrMigrate - Socket ''")]
    [InlineData("sk_reuseport", "SkReuseport SkReuseportSelect - Socket ''")]
    [InlineData("kprobe/do_exit+0x10", "Kprobe - - Kprobe 'do_exit+0x10'")]
    [InlineData("kprobe", "Kprobe - - Kprobe ''")]
    [InlineData("kretprobe/do_exit", "Kprobe - - Kprobe 'do_exit'")]
    [InlineData("kprobe.multi/vfs_*", "Kprobe TraceKprobeMulti - KprobeMulti 'vfs_*'")]
    [InlineData("kprobe.session/vfs_*", "Kprobe TraceKprobeSession - KprobeMulti 'vfs_*'")]
    [InlineData("uprobe.s//bin/sh:main", "Kprobe - Sleepable Uprobe '/bin/sh:main'")]
    [InlineData("uretprobe.multi.s/a:b", "Kprobe TraceUprobeMulti Sleepable UprobeMulti 'a:b'")]
    [InlineData("ksyscall/nanosleep", "Kprobe - - SystemCall 'nanosleep'")]
    [InlineData("kretsyscall/nanosleep", "Kprobe - - SystemCall 'nanosleep'")]
    [InlineData("usdt/libc.so.6:libc:setjmp", "Kprobe - - Usdt 'libc.so.6:libc:setjmp'")]
    [InlineData("tc", "SchedCls - - Device ''")]
    [InlineData("tcx/ingress", "SchedCls TcxIngress - Device ''")]
    [InlineData("tc/egress", "SchedCls TcxEgress - Device ''")]
    [InlineData("netkit/peer", "SchedCls NetkitPeer - Device ''")]
    [InlineData("action", "SchedAct - - None ''")]
    [InlineData("tp/sched/sched_switch", "Tracepoint - - Tracepoint 'sched/sched_switch'")]
    [InlineData("raw_tp.w/x", "RawTracepointWritable - - RawTracepoint 'x'")]
    [InlineData("raw_tracepoint/x", "RawTracepoint - - RawTracepoint 'x'")]
    [InlineData("tp_btf/x", "Tracing TraceRawTp - BtfTarget 'x'")]
    [InlineData("fentry.s/x", "Tracing TraceFentry Sleepable BtfTarget 'x'")]
    [InlineData("fexit/mod:x", "Tracing TraceFexit - BtfTarget 'mod:x'")]
    [InlineData("fmod_ret/x", "Tracing ModifyReturn - BtfTarget 'x'")]
    [InlineData("freplace/x", "Ext - - Extension 'x'")]
    [InlineData("lsm.s/bprm_check_security", "Lsm LsmMac Sleepable BtfTarget 'bprm_check_security'")]
    [InlineData("lsm_cgroup/socket_bind", "Lsm LsmCgroup - BtfTarget 'socket_bind'")]
    [InlineData("iter/task", "Tracing TraceIter - Iterator 'task'")]
    [InlineData("syscall", "Syscall - Sleepable None ''")]
    [InlineData("xdp", "Xdp Xdp OptionalAttachType Device ''")]
    [InlineData("xdp.frags", "Xdp Xdp OptionalAttachType, XdpFragments Device ''")]
    [InlineData("xdp.frags/devmap", "Xdp XdpDevmap XdpFragments None ''")]
    [InlineData("xdp/cpumap", "Xdp XdpCpumap - None ''")]
    [InlineData("perf_event", "PerfEvent - - PerfEvent ''")]
    [InlineData("sk_skb/stream_verdict", "SkSkb SkSkbStreamVerdict OptionalAttachType SocketMap ''")]
    [InlineData("sk_skb", "SkSkb - - SocketMap ''")]
    [InlineData("cgroup_skb/egress", "CgroupSkb CgroupInetEgress OptionalAttachType Cgroup ''")]
    [InlineData("cgroup/skb", "CgroupSkb - - Cgroup ''")]
    [InlineData("cgroup/sock", "CgroupSock CgroupInetSockCreate OptionalAttachType Cgroup ''")]
    [InlineData("cgroup/sock_release", "CgroupSock CgroupInetSockRelease - Cgroup ''")]
    [InlineData("cgroup/connect_unix", "CgroupSockAddr CgroupUnixConnect - Cgroup ''")]
    [InlineData("cgroup/recvmsg6", "CgroupSockAddr CgroupUdp6Recvmsg - Cgroup ''")]
    [InlineData("cgroup/dev", "CgroupDevice CgroupDevice OptionalAttachType Cgroup ''")]
    [InlineData("struct_ops.s/x", "StructOps - Sleepable StructOps 'x'")]
    [InlineData("sk_lookup", "SkLookup SkLookup - NetworkNamespace ''")]
    [InlineData("netfilter", "Netfilter Netfilter - Netfilter ''")]
    public void A_name_stands_for_type_attach_type_flags_and_target(string section, string expected)
    {
        BpfSectionDefinitions.TryFind(section, out BpfSectionDefinition? found).Should().BeTrue();
        BpfSectionFlags flags = found!.Flags & ~BpfSectionFlags.TakesTarget;
        string text = $"{found.ProgramType} {found.AttachType?.ToString() ?? "-"} {(flags == 0 ? "-" : flags)} {found.AttachKind} '{found.TargetOf(section)}'";
        text.Should().Be(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("kprobes/x")]
    [InlineData("socket/x")]
    [InlineData("xdp/unknown")]
    [InlineData("cgroup/sock_")]
    [InlineData("Kprobe/x")]
    public void Other_names_stand_for_nothing(string section) => BpfSectionDefinitions.TryFind(section, out _).Should().BeFalse();

    [Fact]
    public void No_definition_hides_another() => BpfSectionDefinitions.All
        .Should().OnlyContain(d => ReferenceEquals(BpfSectionDefinitions.All.First(other => other.Matches(d.Prefix)), d));

    [Fact]
    public void The_documentation_has_a_row_for_each_with_the_kernels_that_it_was_seen_on()
    {
        string[][] rows =
        [
            .. File.ReadLines(TestData.PathOf("docs/attaching.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries))
                .Where(cells => cells.Length == 7),
        ];

        // No kernel that can be had is built for infrared receivers, and nothing is claimed.
        rows.Select(cells => cells[1].Trim('`')).Should().Equal(BpfSectionDefinitions.All.Select(definition => definition.Prefix).Where(prefix => prefix != "lirc_mode2"));
        rows.Should().OnlyContain(cells => cells[2] == "yes" && cells[3] != "no" && cells[4] == "yes" && cells[5].Length > 0);
    }
}
