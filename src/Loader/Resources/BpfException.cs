namespace P3Ebpf.Loader.Resources;

/// <summary>The kernel refused an operation on a BPF object.</summary>
public class BpfException : EbpfException
{
    /// <summary>Describes a refused operation.</summary>
    /// <param name="action">What was being done to which object, such as <c>creating map 'task_map' (hash)</c>.</param>
    /// <param name="error">The positive error number.</param>
    /// <param name="command">The bpf(2) command, if it was one.</param>
    /// <param name="hint">What to do about it; derived from the command and error when null.</param>
    public BpfException(string action, int error, BpfCommand? command = null, string? hint = null)
        : this(action, error, command, hint ?? BpfErrorHint.For(command, error), BpfErrorHint.KindOf(command, error), detail: null)
    {
    }

    private protected BpfException(string action, int error, BpfCommand? command, string? hint, BpfFailureKind kind, string? detail)
        : base(Compose(action, error, detail), Compose(action, error, detail), file: null, hint, inner: null)
    {
        Action = action;
        Error = error;
        Command = command;
        Kind = kind;
    }

    /// <summary>What was being done to which object.</summary>
    public string Action { get; }

    /// <summary>The bpf(2) command; null when another system call failed.</summary>
    public BpfCommand? Command { get; }

    /// <summary>The positive error number (errno).</summary>
    public int Error { get; }

    /// <summary>The error by name, such as <c>EPERM</c>.</summary>
    public string ErrnoName => Errno.NameOf(Error);

    /// <summary>Whether privileges, the kernel's age or the request is at fault.</summary>
    public BpfFailureKind Kind { get; }

    /// <summary>Whether the process lacks a privilege or the kernel a feature, so that the same request may succeed elsewhere.</summary>
    public bool IsNotPermittedOrSupported => Kind != BpfFailureKind.Failed;

    /// <summary>The running kernel lacks a feature.</summary>
    /// <param name="action">What was being done to which object.</param>
    /// <param name="feature">The missing feature with the kernel version that brings it.</param>
    /// <param name="command">The bpf(2) command that would have been used.</param>
    internal static BpfException NotSupported(string action, string feature, BpfCommand? command = null) =>
        new(action, Errno.EOPNOTSUPP, command, $"{feature}; this is Linux {KernelVersion.Release}.", BpfFailureKind.NotSupported, detail: null);

    private static string Compose(string action, int error, string? detail)
    {
        string message = $"{char.ToUpperInvariant(action[0])}{action[1..]} failed: {Errno.NameOf(error)} ({Errno.Describe(error)}).";
        return detail is null ? message : $"{message} {detail}";
    }
}

/// <summary>Why an operation failed, as far as the caller's next step differs.</summary>
public enum BpfFailureKind
{
    /// <summary>The request itself was refused.</summary>
    Failed,

    /// <summary>The process lacks a privilege or is over a limit.</summary>
    NotPermitted,

    /// <summary>The running kernel lacks a feature.</summary>
    NotSupported,
}
