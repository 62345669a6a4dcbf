namespace P3Ebpf.Loader.Links;

/// <summary>Attaches programs where their section names say.</summary>
public static class BpfAttaching
{
    /// <summary>Attaches a program of an object where its specification says.</summary>
    /// <param name="program">A program that was loaded from an object.</param>
    /// <returns>The attachment; the program is detached when it is disposed, or collected without being pinned.</returns>
    /// <exception cref="InvalidOperationException">The program was not loaded from an object.</exception>
    /// <exception cref="BpfException">More has to be said than the specification says, or the kernel refuses.</exception>
    public static BpfLink Attach(this BpfProgram program) => program.Attach(Kernel.Running);

    internal static BpfLink Attach(this BpfProgram program, Kernel kernel)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (program.Spec is not { } spec)
            throw new InvalidOperationException($"{program.Description} was not loaded from an object; attach it with one of the link types.");
        return spec.AttachPoint switch
        {
            BpfInvalidAttachPoint invalid => throw NotPossible(spec, $"{invalid.Problem}."),
            { IsComplete: false } point => throw NotPossible(spec, $"attaching it takes {point.Missing}: say it, or attach it with one of the link types."),
            BpfTracepoint point => TracepointLink.Attach(program, point.Category, point.Name),
            BpfRawTracepoint point => RawTracepointLink.Attach(program, point.Name),
            BpfBtfTarget => TracingLink.Attach(program),
            BpfKprobe point => KprobeLink.Attach(program, point.Function, point.Offset, point.AtReturn),
            BpfSystemCallProbe point => KprobeLink.Attach(program, kernel.SymbolOfSystemCall(point.Name), atReturn: point.AtReturn),
            BpfKprobeMulti point => KprobeMultiLink.Attach(program, [point.Pattern], atReturn: point.AtReturn),
            BpfUprobe { Function.Length: 0 } point => UprobeLink.Attach(program, point.Binary, point.Offset, point.AtReturn),
            BpfIteratorTarget => IterLink.Attach(program),
            var point => throw NotPossible(spec, $"it cannot be attached to {point} by its name alone; use one of the link types."),
        };
    }

    private static BpfException NotPossible(BpfProgramSpec spec, string problem) =>
        new($"attaching program '{spec.Name}'", Errno.EOPNOTSUPP, hint: $"SEC(\"{spec.SectionName}\"): {problem}");
}
