using System.Text.RegularExpressions;

namespace P3Ebpf.Doctor.Log;

/// <summary>Who wrote a loader's log.</summary>
internal enum LogWriter
{
    /// <summary>It cannot be told.</summary>
    Unknown,

    /// <summary>libbpf, or what is built on it.</summary>
    Libbpf,

    /// <summary>bpftool, which is built on libbpf.</summary>
    Bpftool,

    /// <summary>cilium/ebpf, the library for Go.</summary>
    CiliumEbpf,

    /// <summary>Aya, the library for Rust.</summary>
    Aya,

    /// <summary>bcc, the compiler collection for Python, Lua and C++.</summary>
    Bcc,

    /// <summary>bpftrace.</summary>
    Bpftrace,

    /// <summary>The kernel's verifier: nothing but its own log is there.</summary>
    Verifier,
}

/// <summary>Tells by their turns of phrase who wrote a log.</summary>
internal static partial class LogWriters
{
    /// <summary>The most particular first: bpftrace and bpftool pass on what libbpf prints.</summary>
    private static readonly (LogWriter Writer, string Name, Regex Signature)[] Known =
    [
        (LogWriter.Bpftrace, "bpftrace", Bpftrace()),
        (LogWriter.Bcc, "bcc", Bcc()),
        (LogWriter.Bpftool, "bpftool", Bpftool()),
        (LogWriter.Libbpf, "libbpf", Libbpf()),
        (LogWriter.Aya, "Aya (Rust)", Aya()),
        (LogWriter.CiliumEbpf, "cilium/ebpf (Go)", CiliumEbpf()),
        (LogWriter.Verifier, "the verifier", Verifier()),
    ];

    public static LogWriter Of(string log) => Known.FirstOrDefault(known => known.Signature.IsMatch(log)).Writer;

    public static string NameOf(LogWriter writer) => Known.FirstOrDefault(known => known.Writer == writer).Name ?? "an unknown program";

    [GeneratedRegex(@"bpftrace|^ERROR: Error (loading|attaching)|^Attaching \d+ probes?\.\.\.|^Kernel error log:|^(ERROR: )?Error loading program: ", RegexOptions.Multiline)]
    private static partial Regex Bpftrace();

    [GeneratedRegex(@"^bpf: Failed to load program|Failed to load BPF program b?'|Failed to (compile BPF module|attach BPF program b?')|bcc/__init__\.py|^could not open bpf map|^modprobe: FATAL: Module kheaders", RegexOptions.Multiline)]
    private static partial Regex Bcc();

    [GeneratedRegex(@"^Error: (failed to (load|open) object file|failed to pin|failed to load BTF from|can't )|bpftool", RegexOptions.Multiline)]
    private static partial Regex Bpftool();

    [GeneratedRegex(@"\blibbpf: ")]
    private static partial Regex Libbpf();

    [GeneratedRegex(@"the `?(BPF_[A-Z_]+|bpf_\w+)`? syscall failed|failed to create map `|`(bpf|perf)_\w+` failed|\(os error \d+\)|\baya\b")]
    private static partial Regex Aya();

    [GeneratedRegex(@"\bload program: [a-z]|\bmap create: [a-z]|field \w+: (program|map) \w+: |rlimit\.RemoveMemlock|line\(s\) omitted\)|apply CO-RE relocations: |cilium/ebpf")]
    private static partial Regex CiliumEbpf();

    [GeneratedRegex(@"^[ \t]*\d+: \([0-9a-f]{2}\) |^processed \d+ insns", RegexOptions.Multiline)]
    private static partial Regex Verifier();
}
