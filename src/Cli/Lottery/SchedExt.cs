namespace P3Ebpf.Cli.Lottery;

/// <summary>Schedulers of BPF programs: what a kernel must have for them, and whether it has one.</summary>
internal static class SchedExt
{
    private const string OperationsName = "sched_ext_ops";
    private const string Option = "CONFIG_SCHED_CLASS_EXT";
    private const string Instead = "p3ebpf load keeps the lottery's books here, without deciding anything.";

    private const string State = "/sys/kernel/sched_ext/state"; // Documentation/scheduler/sched-ext.rst
    private const string Enabled = "enabled";

    private static readonly Version Since = new(6, 12);

    /// <summary>Whether a scheduler of BPF programs has this machine's tasks now.</summary>
    public static bool IsInForce => File.Exists(State) && File.ReadAllText(State).AsSpan().Trim().SequenceEqual(Enabled);

    /// <summary>Checks that the kernel can have one.</summary>
    /// <exception cref="CommandException">It cannot.</exception>
    public static void Require(Kernel kernel)
    {
        if (kernel.TryFindType(OperationsName, BtfKind.Struct, out _, onlyIn: "vmlinux"))
            return;
        throw new CommandException("kernel-lacks-feature", $"This kernel has no sched_ext, the schedulers made of BPF programs: {Missing(kernel)}.", Advice(kernel))
        {
            ExitCode = ExitCode.NotPermittedOrSupported,
        };
    }

    private static string Missing(Kernel kernel)
    {
        if (kernel.Version < Since)
            return $"it is Linux {kernel.Release}, and they came with Linux {Since}";
        string configuration = kernel.Configuration switch
        {
            null => $"it was built without {Option}",
            { } known when known[Option] is { } value => $"its configuration says {Option}={value}, and yet its BTF has no struct {OperationsName}",
            _ => $"its configuration has {Option} not set",
        };
        return $"it is Linux {kernel.Release}, but {configuration}";
    }

    private static string Advice(Kernel kernel) => kernel.Version < Since
        ? $"Take Linux {Since} or later, built with {Option}=y. {Instead}"
        : $"Take a kernel built with {Option}=y; /sys/kernel/sched_ext is there on such. {Instead}";
}
