using System.Globalization;
using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Examines the system: kernel, configuration, what is mounted, who may do what.</summary>
internal sealed class SystemCheck(DoctorContext context)
{
    private static readonly string[] Options =
    [
        "CONFIG_BPF_SYSCALL", "CONFIG_BPF_JIT", "CONFIG_DEBUG_INFO_BTF", "CONFIG_DEBUG_INFO_BTF_MODULES", "CONFIG_BPF_EVENTS",
        "CONFIG_KPROBES", "CONFIG_KPROBE_EVENTS", "CONFIG_UPROBE_EVENTS", "CONFIG_FTRACE_SYSCALLS", "CONFIG_BPF_LSM", "CONFIG_SCHED_CLASS_EXT",
    ];

    private static readonly string[] Engines = ["docker", "kubepods", "lxc", "containerd"];

    private readonly FileTree _files = context.Files;

    public SystemFacts Run()
    {
        string status = _files.ReadText("/proc/self/status") ?? string.Empty;
        string mounts = _files.ReadText("/proc/self/mounts") ?? string.Empty;
        KernelConfig? config = context.Kernel.Configuration;
        string? lockdown = Selected(_files.ReadText("/sys/kernel/security/lockdown"));
        string? container = Container();
        bool hasTraceFs = HasMount(mounts, "tracefs") || HasMount(mounts, "debugfs");
        Capabilities? capabilities = Capabilities.FromStatus(status);
        int? paranoid = Number("/proc/sys/kernel/perf_event_paranoid");
        string? seccomp = Field(status, "Seccomp:");

        context.AddFact("kernel", context.Release);
        foreach (string option in config is null ? [] : Options)
            context.AddFact(option, config![option] ?? "not set");
        context.AddFact("kernel BTF", context.RunningKernelBtf is { } btf ? $"{btf.Length} bytes" : "none");
        context.AddFact("lockdown", lockdown);
        context.AddFact("unprivileged_bpf_disabled", _files.ReadText("/proc/sys/kernel/unprivileged_bpf_disabled"));
        context.AddFact("kptr_restrict", _files.ReadText("/proc/sys/kernel/kptr_restrict"));
        context.AddFact("perf_event_paranoid", paranoid?.ToString(CultureInfo.InvariantCulture));
        context.AddFact("bpffs", HasMount(mounts, "bpf") ? "mounted" : "not mounted");
        context.AddFact("tracefs", hasTraceFs ? "mounted" : "not mounted");
        context.AddFact("capabilities", capabilities?.ToString());
        context.AddFact("locked memory", MemoryLimit());
        context.AddFact("seccomp", seccomp is "2" ? "a filter is active" : null);
        context.AddFact("container", container);
        context.AddFact("started through sudo by", context.Environment.GetValueOrDefault("SUDO_USER"));

        ReportConfig(config);
        return new SystemFacts
        {
            Kernel = context.Release is { } release ? KernelVersion.Parse(release) : null,
            Capabilities = capabilities,
            Lockdown = lockdown,
            PerfEventParanoid = paranoid,
            HasTraceFs = hasTraceFs,
            Restrictions = [.. Restrictions(lockdown, container, seccomp)],
        };
    }

    private static IEnumerable<string> Restrictions(string? lockdown, string? container, string? seccomp)
    {
        if (lockdown == "confidentiality")
            yield return "the kernel is locked down (lockdown=confidentiality): programs may not read kernel memory";
        if (container is not null)
            yield return $"this is a container ({container}): bpf() and perf_event_open() take --privileged, or --cap-add BPF,PERFMON and a seccomp profile that allows them";
        if (seccomp == "2")
            yield return "a seccomp filter is active: it may refuse bpf() and perf_event_open()";
    }

    private void ReportConfig(KernelConfig? config)
    {
        if (config is null)
            return;
        if (config["CONFIG_BPF_SYSCALL"] != "y")
            context.Add(Codes.KernelLacksFeature, 96, "The kernel was built without bpf().", ["CONFIG_BPF_SYSCALL is not set"], "use a kernel with CONFIG_BPF_SYSCALL=y");
        if (context.RunningKernelBtf is null && config["CONFIG_DEBUG_INFO_BTF"] != "y")
            context.AddFact("kernel BTF is absent because", "CONFIG_DEBUG_INFO_BTF is not set");
    }

    private string? Container()
    {
        if (_files.HasFile("/.dockerenv"))
            return "docker";
        if (_files.HasFile("/run/.containerenv"))
            return "podman";
        string groups = _files.ReadText("/proc/1/cgroup") ?? string.Empty;
        return Engines.FirstOrDefault(name => groups.Contains(name, StringComparison.Ordinal));
    }

    private string? MemoryLimit()
    {
        string? line = _files.ReadText("/proc/self/limits")?.Split('\n').FirstOrDefault(l => l.StartsWith("Max locked memory", StringComparison.Ordinal));
        return line?["Max locked memory".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
    }

    private int? Number(string path) =>
        int.TryParse(_files.ReadText(path), NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static string? Field(string status, string key) =>
        status.Split('\n').FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim();

    /// <summary>Of "none [integrity] confidentiality" the one in brackets.</summary>
    private static string? Selected(string? text) => text is null ? null : text.Split('[', ']') is { Length: > 1 } parts ? parts[1] : text.Trim();

    private static bool HasMount(string mounts, string type) => mounts.Split('\n').Any(line => line.Split(' ') is { Length: > 2 } parts && parts[2] == type);
}

/// <summary>What the system permits and has, as examined.</summary>
internal sealed class SystemFacts
{
    public Version? Kernel { get; init; }

    public Capabilities? Capabilities { get; init; }

    /// <summary>The lockdown mode: none, integrity or confidentiality.</summary>
    public string? Lockdown { get; init; }

    public int? PerfEventParanoid { get; init; }

    public bool HasTraceFs { get; init; }

    /// <summary>Why BPF may be refused here, beside missing capabilities.</summary>
    public IReadOnlyList<string> Restrictions { get; init; } = [];
}
