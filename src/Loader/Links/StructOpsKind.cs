namespace P3Ebpf.Loader.Links;

/// <summary>What is known of a struct of callbacks that kernels take: what it needs, and why the kernel refuses one.</summary>
/// <param name="Name">The kernel's name of the struct.</param>
/// <param name="Since">The first Linux that takes it; <see langword="null"/> where that is not known.</param>
/// <param name="Option">The option that it is built with.</param>
/// <param name="Incomplete">What a struct that the kernel calls invalid may lack.</param>
/// <param name="Taken">What the place is taken by, when it is.</param>
internal sealed record StructOpsKind(string Name, string? Since, string? Option, string? Incomplete = null, string? Taken = null)
{
    private static readonly StructOpsKind[] Known =
    [
        new("tcp_congestion_ops", "5.6", "CONFIG_BPF_JIT",
            "It needs a name, ssthresh, undo_cwnd, and cong_avoid or cong_control.", "Another congestion control algorithm has this name."),
        new("bpf_dummy_ops", "5.16", "CONFIG_BPF_JIT"),
        new("hid_bpf_ops", "6.11", "CONFIG_HID_BPF"),
        new("sched_ext_ops", "6.12", "CONFIG_SCHED_CLASS_EXT",
            "It needs a name and callbacks that go together; the kernel's log (dmesg) says which do not.", "Another sched_ext scheduler is in force (/sys/kernel/sched_ext/root/ops names it)."),
        new("Qdisc_ops", "6.16", "CONFIG_NET_SCH_BPF", Taken: "Another queueing discipline has this name."),
    ];

    /// <summary>What a kernel without such a struct lacks, as a clause.</summary>
    public string Requirement => Since is null
        ? $"The kernel has no struct_ops type '{Name}'; it may be that of a module that is not loaded"
        : $"The kernel has no struct_ops type '{Name}', which needs Linux {Since} and {Option}";

    public static StructOpsKind Of(string name) => Known.FirstOrDefault(kind => kind.Name == name) ?? new StructOpsKind(name, null, null);

    /// <summary>Why the kernel refuses to take such a struct, or to put it into force.</summary>
    public string? HintFor(BpfCommand command, int error) => error switch
    {
        Errno.EEXIST or Errno.EBUSY when command == BpfCommand.LinkCreate => Taken ?? $"Another {Name} is in force.",
        Errno.EEXIST => Taken,
        Errno.EBUSY when command == BpfCommand.MapUpdateElem => "It is registered already, or was: such a map is registered once.",
        Errno.EINVAL when command == BpfCommand.LinkUpdate => $"The other map must be a {Name} too, created with the flag {BpfMapFlags.Link} and with the same name inside.",
        Errno.EINVAL => Incomplete ?? $"The kernel's {Name} may demand more callbacks, or other values; its log (dmesg) may say which.",
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => $"This kernel can verify and test-run programs of {Name}, and not do that.",
        _ => BpfErrorHint.For(command, error),
    };
}
