using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>System call numbers of the process's architecture, from the kernel's <c>syscall.tbl</c> files.</summary>
internal sealed record SystemCallNumbers(nint Bpf, nint PerfEventOpen, nint Prlimit64)
{
    // Numbers from 424 on are the same everywhere.
    public const nint FsOpen = 430;
    public const nint FsConfig = 431;
    public const nint FsMount = 432;
    public const nint PidFdOpen = 434;

    private static SystemCallNumbers? _current;

    /// <exception cref="PlatformNotSupportedException">Not Linux, or an architecture without BPF.</exception>
    public static SystemCallNumbers Current => _current ??= Choose();

    private static SystemCallNumbers Choose()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException(
                $"Loading eBPF needs the Linux kernel; this is {RuntimeInformation.OSDescription}. Reading, inspecting and relocating objects works here.");

        return For(RuntimeInformation.ProcessArchitecture);
    }

    /// <summary>What the manual calls a call of these.</summary>
    public static string NameOf(nint number) => number switch
    {
        FsOpen => "fsopen",
        FsConfig => "fsconfig",
        FsMount => "fsmount",
        _ when number == Current.Bpf => "bpf",
        _ when number == Current.PerfEventOpen => "perf_event_open",
        _ => "prlimit64",
    };

    internal static SystemCallNumbers For(Architecture architecture) => architecture switch
    {
        Architecture.X64 => new(321, 298, 302),
        Architecture.X86 => new(357, 336, 340),
        Architecture.Arm or Architecture.Armv6 => new(386, 364, 369),
        Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64 => new(280, 241, 261),
        Architecture.S390x => new(351, 331, 334),
        Architecture.Ppc64le => new(361, 319, 325),
        _ => throw new PlatformNotSupportedException($"The bpf() system call number of {architecture} is not known."),
    };
}
