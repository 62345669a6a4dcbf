using System.Text.Json.Serialization;
using P3Ebpf.Linker;

namespace P3Ebpf.Cli.Output;

/// <summary>What went wrong, as it is told to people and to scripts.</summary>
/// <param name="ExitCode">One of <see cref="Output.ExitCode"/>.</param>
/// <param name="Code">Identifies the kind of failure for scripts.</param>
/// <param name="Message">What happened to which object.</param>
internal sealed record Failure(int ExitCode, string Code, string Message)
{
    private const int TooManyOpenFiles = 24; // EMFILE
    private const string AboutObjects = "A BPF object is what clang -target bpf -g -O2 -c makes.";
    private const string AboutBtf = "Take the file anew (cp /sys/kernel/btf/vmlinux FILE); p3ebpf btf-inspect check lists everything wrong with it.";
    private const string AboutBases = "Give the BTF of exactly the vmlinux that the module was built with: --base FILE.";
    private const string AboutTheMachine = "p3ebpf btf-inspect doctor tells what this machine can and cannot do.";

    /// <summary>The error number's name, where the kernel gave one.</summary>
    public string? Errno { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary>Lines that people may want to see and scripts need not: the verifier's last words, a stack.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    public static Failure From(Exception exception) => exception switch
    {
        UsageException e => new(Output.ExitCode.Usage, "usage", e.Message),
        CommandException e => new(e.ExitCode, e.Code, e.Message) { Hint = e.Hint },
        OperationCanceledException => new(Output.ExitCode.Interrupted, "interrupted", "Interrupted; nothing is left behind."),
        BpfVerifierException e => Refused(e, "verifier-rejected") with { Details = e.DecisiveLines },
        BpfException e => Refused(e, CodeOf(e)),
        CoreRelocationException e => new(Output.ExitCode.Failed, "core-mismatch", e.Message) { Hint = e.Hint },
        BpfObjectFormatException e => new(Output.ExitCode.Failed, "bad-object", e.Message) { Hint = e.Hint ?? AboutObjects },
        BpfLinkException e => new(Output.ExitCode.Failed, CodeOf(e.Code), e.Message) { Hint = e.Hint ?? AboutObjects },
        ElfFormatException e => new(Output.ExitCode.Failed, "bad-elf", e.Message) { Hint = AboutObjects },
        BtfFormatException { Code: BtfErrorCode.BaseMissing } e => new(Output.ExitCode.Failed, "split-needs-base", e.Message) { Hint = AboutBases },
        BtfFormatException e => new(Output.ExitCode.Failed, "bad-btf", e.Message) { Hint = AboutBtf },
        PlatformNotSupportedException e => new(Output.ExitCode.NotPermittedOrSupported, "not-supported", e.Message)
        {
            Hint = "Run it on Linux; btf-inspect works everywhere.",
        },
        FileNotFoundException or DirectoryNotFoundException => new(Output.ExitCode.Failed, "not-found", exception.Message)
        {
            Hint = exception.Message.Contains("'/proc/", StringComparison.Ordinal) && !Directory.Exists("/proc/self")
                ? "No procfs is mounted on /proc: mount -t proc proc /proc" : "Check the path.",
        },
        UnauthorizedAccessException e => new(Output.ExitCode.NotPermittedOrSupported, "not-permitted", e.Message) { Hint = "Run as root, or change the file's mode." },
        KeyNotFoundException e => new(Output.ExitCode.Failed, "not-found", e.Message) { Hint = "Choose one of those." },
        IOException { HResult: TooManyOpenFiles } e => new(Output.ExitCode.Failed, "io", e.Message) { Hint = "Raise the limit of descriptors (ulimit -n)." },
        IOException e => new(Output.ExitCode.Failed, "io", e.Message) { Hint = "Check the file and the disk it lies on." },
        _ => new(Output.ExitCode.Failed, "internal", $"Unexpected {exception.GetType().Name}: {exception.Message}")
        {
            Hint = "This is a defect of p3ebpf; please report it with the lines above.",
            Details = exception.StackTrace?.Split('\n', StringSplitOptions.TrimEntries) ?? [],
        },
    };

    private static Failure Refused(BpfException e, string code) => new(
        e.IsNotPermittedOrSupported ? Output.ExitCode.NotPermittedOrSupported : Output.ExitCode.Failed, code, e.Problem)
    {
        Errno = e.ErrnoName,
        Hint = e.Hint ?? AboutTheMachine,
    };

    private static string CodeOf(BpfException e) => e.Kind switch
    {
        BpfFailureKind.NotPermitted => "not-permitted",
        BpfFailureKind.NotSupported => "kernel-lacks-feature",
        _ => "kernel-refused",
    };

    private static string CodeOf(BpfLinkErrorCode code) => code switch
    {
        BpfLinkErrorCode.NotABpfObject or BpfLinkErrorCode.Malformed => "bad-object",
        BpfLinkErrorCode.Unsupported => "unsupported-object",
        BpfLinkErrorCode.ByteOrderMismatch => "byte-order-mismatch",
        BpfLinkErrorCode.SectionMismatch => "section-mismatch",
        BpfLinkErrorCode.ContentMismatch => "content-mismatch",
        BpfLinkErrorCode.DuplicateSymbol => "duplicate-symbol",
        BpfLinkErrorCode.TypeMismatch => "type-mismatch",
        BpfLinkErrorCode.MissingTypes => "object-without-btf",
        _ => "too-large",
    };
}

/// <summary>A failure as JSON.</summary>
/// <param name="Error">What went wrong.</param>
internal sealed record ErrorDocument(ErrorInfo Error) : CliDocument;

/// <summary>The members of a failure.</summary>
internal sealed record ErrorInfo(string Code, string Message, string? Errno, string? Hint)
{
    public static ErrorInfo From(Failure failure) => new(failure.Code, failure.Message, failure.Errno, failure.Hint);
}

/// <summary>The JSON of the document above.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorDocument))]
internal sealed partial class OutputJson : JsonSerializerContext;
