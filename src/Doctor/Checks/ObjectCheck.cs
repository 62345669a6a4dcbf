using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Examines the object: does it need the BTF, does the BTF fit it, and has the kernel what it uses.</summary>
internal sealed class ObjectCheck(DoctorContext context)
{
    private const int MaxListed = 5;

    /// <summary>Examines the object that was given; <see langword="null"/> where none was.</summary>
    /// <param name="btf">The BTF to relocate against, as examined.</param>
    public ObjectFacts? Run(BtfFacts? btf)
    {
        if (context.Request.ObjectPath is not { } path)
            return null;
        BpfObjectSpec spec;
        try
        {
            spec = BpfObjectSpec.Read(path);
        }
        catch (Exception e) when (e is BpfObjectFormatException or ElfFormatException or BtfFormatException or IOException or UnauthorizedAccessException)
        {
            return ExplainUnreadable(path, e);
        }

        (int relocations, int failing) = spec.HasCoreRelocations ? Relocate(spec, path, btf) : NoRelocations(spec, path);
        if (OfferOf(btf) is { } kernel)
            CompareWithKernel(spec, path, kernel);
        return new ObjectFacts(path, spec, relocations, failing);
    }

    private ObjectFacts ExplainUnreadable(string path, Exception exception)
    {
        bool lacksBtf = exception is BpfObjectFormatException && !HasSection(path, ".BTF");
        context.Add(
            lacksBtf ? Codes.ObjectWithoutBtf : Codes.ObjectUnreadable, 97,
            lacksBtf ? $"{path} has no BTF, which its maps or variables need." : $"{path} cannot be read as a BPF object.",
            [exception.Message], lacksBtf ? "compile it with clang -g -O2 -target bpf, and strip it with llvm-strip -g only" : "compile it again");
        return new ObjectFacts(path, null, 0, 0);
    }

    private static bool HasSection(string path, string name)
    {
        using ElfFile elf = ElfFile.Open(path);
        return elf.TryGetSection(name, out _);
    }

    private (int Relocations, int Failing) NoRelocations(BpfObjectSpec spec, string path)
    {
        if (spec.Btf is null)
        {
            context.Add(
                Codes.ObjectWithoutBtf, 50, $"{path} has no BTF: it was compiled for one kernel and is not adapted to others.", ["there is no section .BTF"],
                "compile it with clang -g, and with vmlinux.h and BPF_CORE_READ for what it reads of the kernel");
        }

        context.Add(
            Codes.NoCoreNeeded, 30, $"{path} has no CO-RE relocations: for it libbpf does not open a BTF file at all.",
            ["the section .BTF.ext holds no relocation records"], "leave btf_custom_path away; a message about the target BTF comes from another object");
        return (0, 0);
    }

    private (int Relocations, int Failing) Relocate(BpfObjectSpec spec, string path, BtfFacts? btf)
    {
        if (btf?.Spec is not { } target)
            return (0, 0);
        BpfObjectRelocation relocation = spec.Relocate(new CoreTarget(target), includeOptional: false);
        var results = relocation.Functions.SelectMany(f => f.Results.Select(r => (f.Function, Result: r))).ToArray();
        var failed = results.Where(r => r.Result.Outcome == CoreRelocationOutcome.Failed).ToArray();
        var reached = relocation.FindReachedPoison().Select(r => (r.Function.Function, r.Result)).ToArray();
        if (failed.Length + reached.Length == 0)
        {
            int absent = results.Count(r => r.Result.Outcome is CoreRelocationOutcome.Absent or CoreRelocationOutcome.Poisoned);
            context.Add(
                Codes.CoreMatches, 20, $"{path} fits {btf.Name}: all {results.Length} CO-RE relocations have an answer.",
                absent == 0 ? [] : [$"for {absent} of them that is that something does not exist, which the program expects: nothing that is missing is reached"]);
            return (results.Length, 0);
        }

        bool isFatal = failed.Length != 0;
        var listed = isFatal ? failed : reached;
        context.Add(
            Codes.CoreMismatch, isFatal ? 90 : 85,
            isFatal
                ? $"{path} does not fit {btf.Name}: {failed.Length} of {results.Length} CO-RE relocations fail."
                : $"{path} uses what {btf.Name} does not have, in {reached.Length} places that no guard keeps from being reached: the verifier will refuse it.",
            [.. listed.Take(MaxListed).Select(Describe), .. listed.Length > MaxListed ? [$"and {listed.Length - MaxListed} more"] : Array.Empty<string>()],
            "guard what may be missing with bpf_core_field_exists()");
        return (results.Length, failed.Length + reached.Length);
    }

    private static string Describe((BpfFunction Function, CoreRelocationResult Result) relocation)
    {
        string source = relocation.Function.SourceLineOf(relocation.Result.InstructionIndex) is { } line ? $" at {line}" : string.Empty;
        return $"{relocation.Function.Name} instruction {relocation.Result.InstructionIndex}{source}: {relocation.Result.Local}: {relocation.Result.Message}{(relocation.Result.Suggestion is { } suggestion ? $" ({suggestion.TrimEnd('.')})" : string.Empty)}";
    }

    private KernelOffer? OfferOf(BtfFacts? btf)
    {
        if (btf is { Spec: { } spec, IsRunningKernels: not false })
            return new KernelOffer(spec, btf.IsRunningKernels == true ? context.Kernel : null);
        if (context.RunningKernelBtf is not { } data)
            return null;
        try
        {
            return new KernelOffer(BtfSpec.Parse(data), context.Kernel);
        }
        catch (BtfFormatException)
        {
            return null;
        }
    }

    private void CompareWithKernel(BpfObjectSpec spec, string path, KernelOffer kernel)
    {
        string[] lacking = [.. Maps(spec, kernel), .. Programs(spec, kernel), .. Helpers(spec, kernel), .. Externs(spec, kernel)];
        if (lacking.Length == 0)
            return;
        context.Add(
            Codes.KernelLacksFeature, 75, $"The {(kernel.IsRunning ? "running kernel" : "kernel of the BTF")} lacks something that {path} uses.", lacking,
            "use a newer kernel, or leave these parts out: name them in sections that begin with '?' and load them only where they can work");
    }

    private static IEnumerable<string> Maps(BpfObjectSpec spec, KernelOffer kernel) =>
        spec.Maps.Where(map => map.IsAutoCreated && kernel.Has(map.Type) == false)
            .Select(map => $"map {map.Name}: type {map.Type} came with Linux {map.Type.Since()}");

    private static IEnumerable<string> Programs(BpfObjectSpec spec, KernelOffer kernel)
    {
        foreach (BpfProgramSpec program in spec.ProgramsToLoad)
        {
            if (program.Type != BpfProgramType.Unspec && kernel.Has(program.Type) == false)
                yield return $"program {program.Name}: type {program.Type} came with Linux {program.Type.Since()}";
            else if (MissingTarget(program, kernel) is { } target)
                yield return $"program {program.Name}, SEC(\"{program.SectionName}\"): the kernel has no {target}";
        }
    }

    private static string? MissingTarget(BpfProgramSpec program, KernelOffer kernel)
    {
        return program.AttachPoint switch
        {
            // The tracepoints of single system calls are made at run time.
            BpfTracepoint { Category: not "syscalls", Name.Length: > 0 } point => Tracepoint(point.Name),
            BpfRawTracepoint { Name.Length: > 0 } point => Tracepoint(point.Name),
            BpfBtfTarget { Type: BpfAttachType.TraceRawTp, Name.Length: > 0 } point => Tracepoint(point.Name),
            BpfBtfTarget or BpfIteratorTarget when program.AttachPoint.KernelType is { } type => Function(type.Name),
            _ => null,
        };

        string? Tracepoint(string name) => kernel.HasTracepoint(name) == false ? $"tracepoint {name}" : null;
        string? Function(string name) => kernel.HasFunction(name) ? null : $"function {name} in its BTF";
    }

    private static IEnumerable<string> Helpers(BpfObjectSpec spec, KernelOffer kernel)
    {
        HashSet<BpfFunction> optional = [.. spec.Programs.Except(spec.ProgramsToLoad).Select(p => p.Function)];
        return
            from function in spec.Functions
            where !optional.Contains(function)
            from number in function.Instructions.ToArray().Where(i => i is { IsCall: true, CallKind: BpfCallKind.Helper }).Select(i => i.Immediate).Distinct()
            // Loaders replace these four by their older forms.
            where number is < (int)BpfHelper.ProbeReadUser or > (int)BpfHelper.ProbeReadKernelStr && kernel.HasHelper(number) == false
            select $"function {function.Name}: helper {number} is not in the kernel's enum bpf_func_id";
    }

    private static IEnumerable<string> Externs(BpfObjectSpec spec, KernelOffer kernel)
    {
        foreach (BpfExternSpec external in spec.Externs.Where(e => !e.IsWeak))
        {
            if (external.Kind == BpfExternKind.KernelFunction && !kernel.HasFunction(BtfEssentialNameOf(external.Name)))
                yield return $"kernel function (kfunc) {external.Name}";
            else if (external.Kind == BpfExternKind.KernelVariable && !kernel.HasVariable(external.Name))
                yield return $"kernel variable {external.Name}";
        }
    }

    private static string BtfEssentialNameOf(string name) =>
        System.Text.Encoding.UTF8.GetString(BtfEssentialName.Of(System.Text.Encoding.UTF8.GetBytes(name)));
}

/// <summary>The BPF object, as examined.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Spec">What it holds; <see langword="null"/> where it cannot be read.</param>
/// <param name="Relocations">How many CO-RE relocations were tried; 0 where none were.</param>
/// <param name="Failing">How many of them fail or find nothing where something is needed.</param>
internal sealed record ObjectFacts(string Name, BpfObjectSpec? Spec, int Relocations, int Failing)
{
    /// <summary>Whether the object has no CO-RE relocations at all.</summary>
    public bool NeedsNoBtf => Spec is { HasCoreRelocations: false };
}
