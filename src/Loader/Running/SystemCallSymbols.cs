using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Running;

/// <summary>What the kernel calls the functions behind system calls. Most architectures have had wrappers since Linux 4.17.</summary>
internal static class SystemCallSymbols
{
    private static readonly Lazy<bool> LazyHasWrappers = new(() => KernelSymbols.Find(new HashSet<string> { WrapperOf("bpf") }).Count > 0);

    /// <summary>Whether the functions take a register set (<c>__x64_sys_bpf</c>) and not the arguments (<c>__se_sys_bpf</c>).</summary>
    public static bool HasWrappers => LazyHasWrappers.Value;

    /// <summary>The function to probe for a system call.</summary>
    public static string NameOf(string systemCall) => HasWrappers ? WrapperOf(systemCall) : "__se_sys_" + systemCall;

    private static string WrapperOf(string systemCall) => $"__{Architecture}_sys_{systemCall}";

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x64",
        System.Runtime.InteropServices.Architecture.X86 => "ia32",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv",
        System.Runtime.InteropServices.Architecture.Ppc64le => "powerpc",
        var other => other.ToString(),
    };
}
