using System.Globalization;

namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a kernel function, at its entry, inside it, or at its return.</summary>
public sealed unsafe class KprobeLink : PerfEventLink
{
    private KprobeLink(BpfProgram program, PerfEventAttachment attachment, string place, LegacyProbe? probe = null)
        : base(program, attachment, place, probe)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/>.</param>
    /// <param name="kprobe">The place, such as <c>new("do_exit", Offset: 0, AtReturn: false)</c>.</param>
    /// <param name="options">The cookie, and by which interface.</param>
    /// <exception cref="BpfException">There is no such function, probing it is forbidden, or the kernel refuses.</exception>
    public static KprobeLink Attach(BpfProgram program, BpfKprobe kprobe, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(kprobe);
        options ??= BpfProbeOptions.Default;
        string place = kprobe.ToString();
        if (!ProbeSource.UsesPerf("kprobe", options.Mode))
        {
            LegacyProbe probe = LegacyProbe.Create(
                "kprobe", string.Create(CultureInfo.InvariantCulture, $"{kprobe.Function}+0x{kprobe.Offset:x}"), kprobe.AtReturn, Attaching(program, place), error => Hint(error, kprobe));
            return new KprobeLink(program, AttachTo(program, probe, options, place), place, probe);
        }

        fixed (byte* name = BpfSystemCall.ZeroTerminated(kprobe.Function))
        {
            PerfEventAttr attributes = default;
            attributes.Type = ProbeSource.TypeOf("kprobe");
            attributes.Config = kprobe.AtReturn ? ProbeSource.ReturnFlag("kprobe") : 0;
            attributes.Config1 = (ulong)name;
            attributes.Config2 = kprobe.Offset;
            return new KprobeLink(program, AttachTo(program, ref attributes, options with { ProcessId = null }, place, error => Hint(error, kprobe)), place);
        }
    }

    /// <summary>Attaches a program to the function behind a system call.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/>.</param>
    /// <param name="systemCall">The system call, such as <c>new("openat", AtReturn: false)</c>.</param>
    /// <param name="options">The cookie, and by which interface.</param>
    /// <exception cref="BpfException">There is no such system call, or the kernel refuses.</exception>
    public static KprobeLink Attach(BpfProgram program, BpfSystemCallProbe systemCall, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(systemCall);
        return Attach(program, new BpfKprobe(Kernel.Running.SymbolOfSystemCall(systemCall.Name), 0, systemCall.AtReturn), options);
    }

    private static string? Hint(int error, BpfKprobe kprobe) => error switch
    {
        // tracefs says EINVAL of what perf events call ENOENT.
        Errno.ENOENT or Errno.EINVAL when !FunctionNames.Exists(kprobe.Function) => FunctionNames.Suggest(kprobe.Function),
        Errno.EINVAL => "The kernel forbids probes there (notrace, or listed in /sys/kernel/debug/kprobes/blacklist), or the function has no symbol.",
        Errno.EILSEQ => $"No instruction begins at {kprobe.Function}+0x{kprobe.Offset:x}.",
        Errno.ERANGE => $"{kprobe.Function} is shorter than 0x{kprobe.Offset:x} bytes.",
        Errno.EADDRNOTAVAIL => $"{kprobe.Function} stands for several functions of this kernel, or for one that cannot be probed.",
        _ => null,
    };
}

/// <summary>The names of the kernel's functions, for who misspelt one.</summary>
internal static class FunctionNames
{
    public static bool Exists(string name) => Kernel.Running.FindSymbols(new HashSet<string> { name }).Count != 0;

    /// <summary>Says that a function is missing, and what may have been meant.</summary>
    public static string Suggest(string wanted) =>
        NearNames.Suggest($"This kernel has no function '{wanted}' (it may be inlined into its callers)", wanted, File.ReadLines(KernelSymbols.Path).Select(NameIn));

    // "ffffffff81000000 T _stext"
    private static string NameIn(string line)
    {
        int start = line.IndexOf(' ', StringComparison.Ordinal) + 3;
        int end = line.IndexOf('\t', StringComparison.Ordinal);
        return start >= line.Length ? string.Empty : end < 0 ? line[start..] : line[start..end];
    }
}
