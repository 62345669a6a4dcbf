namespace P3Ebpf.Object.Sections;

/// <summary>A probe of a kernel function.</summary>
/// <param name="Function">The function as in <c>/proc/kallsyms</c>.</param>
/// <param name="Offset">Bytes from its beginning.</param>
/// <param name="AtReturn">Whether it runs when the function returns.</param>
public sealed record BpfKprobe(string Function, ulong Offset, bool AtReturn) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Function.Length == 0 ? "a kernel function" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(AtReturn ? "kretprobe" : "kprobe")} {Function}{(Offset == 0 ? string.Empty : $"+0x{Offset:x}")}";
}

/// <summary>Probes of many kernel functions through one link.</summary>
/// <param name="Pattern">A name, with <c>*</c> and <c>?</c> as wildcards.</param>
/// <param name="AtReturn">Whether they run when the functions return.</param>
/// <param name="IsSession">Whether one program runs at entry and return.</param>
public sealed record BpfKprobeMulti(string Pattern, bool AtReturn, bool IsSession) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Pattern.Length == 0 ? "a pattern of kernel functions" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsSession ? "kprobe.session" : AtReturn ? "kretprobe.multi" : "kprobe.multi")} {Pattern}";
}

/// <summary>A probe of the kernel function behind a system call.</summary>
/// <param name="Name">The system call, such as <c>openat</c>.</param>
/// <param name="AtReturn">Whether it runs when the call returns.</param>
public sealed record BpfSystemCallProbe(string Name, bool AtReturn) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Name.Length == 0 ? "a system call" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(AtReturn ? "kretsyscall" : "ksyscall")} {Name}";
}

/// <summary>A probe of a function of a program or library.</summary>
/// <param name="Binary">A path, or a name that is looked up as the dynamic linker and the shell do.</param>
/// <param name="Function">The function, perhaps with <c>@VERSION</c>; empty where <paramref name="Offset"/> counts from the start of the file.</param>
/// <param name="Offset">Bytes from the start of the function, or of the file.</param>
/// <param name="AtReturn">Whether it runs when the function returns.</param>
public sealed record BpfUprobe(string Binary, string Function, ulong Offset, bool AtReturn) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Binary.Length == 0 ? "a program or library and a function in it" : null;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(AtReturn ? "uretprobe" : "uprobe")} {Binary}:{Function}{(Function.Length == 0 ? $"0x{Offset:x}" : Offset == 0 ? string.Empty : $"+0x{Offset:x}")}";
}

/// <summary>Probes of many functions of a program or library through one link.</summary>
/// <param name="Binary">A path, or a name that is looked up as the dynamic linker and the shell do.</param>
/// <param name="Pattern">A name, with <c>*</c> and <c>?</c> as wildcards.</param>
/// <param name="AtReturn">Whether they run when the functions return.</param>
/// <param name="IsSession">Whether one program runs at entry and return.</param>
public sealed record BpfUprobeMulti(string Binary, string Pattern, bool AtReturn, bool IsSession) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Binary.Length == 0 ? "a program or library and a pattern of functions in it" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsSession ? "uprobe.session" : AtReturn ? "uretprobe.multi" : "uprobe.multi")} {Binary}:{Pattern}";
}

/// <summary>A static probe that a program or library was built with.</summary>
/// <param name="Binary">A path, or a name that is looked up as the dynamic linker and the shell do.</param>
/// <param name="Provider">The probe's provider.</param>
/// <param name="Name">The probe.</param>
public sealed record BpfUsdt(string Binary, string Provider, string Name) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Binary.Length == 0 ? "a program or library, a provider and a probe" : null;

    /// <inheritdoc/>
    public override string ToString() => $"usdt {Binary}:{Provider}:{Name}";
}
