using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect core</c>: will this object run there, and if not, why.</summary>
internal sealed class CoreCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect core prog.bpf.o
          p3ebpf btf-inspect core prog.bpf.o --btf vmlinux-5.10.btf --btf vmlinux-6.12.btf
          p3ebpf btf-inspect core prog.bpf.o --btf vmlinux-5.10.btf --verbose
        """;

    private readonly Argument<string> _object = new("OBJECT") { Description = "A BPF object." };
    private readonly Option<string[]> _btf = new("--btf") { HelpName = "FILE", Description = "A target's BTF, raw or ELF; may be repeated. Default: the running kernel's.", AllowMultipleArgumentsPerToken = false };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Every relocation, and every candidate with the step at which it failed." };

    public CoreCommand()
        : base("core", "Relocate an object against one or more kernels' BTF without loading it, and say what was found, what was not, and why. Fails where the object would: a relocation without an answer, or one whose answer is that something is missing that a program reaches.", CommandExamples)
    {
        Arguments.Add(_object);
        Options.Add(_btf);
        Options.Add(_verbose);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string path = NamedFile.Require(arguments.GetValue(_object)!, "a BPF object");
        BpfObjectSpec spec = BpfObjectSpec.Read(path);
        string[] files = arguments.GetValue(_btf) ?? [];
        List<(string Btf, BpfObjectRelocation Relocation)> targets = [];
        if (files.Length == 0)
            targets.Add((Kernel.BtfPath, spec.Relocate(spec.HasCoreRelocations ? Kernel.Running.CoreTarget : null)));
        foreach (string file in files)
        {
            using Progress progress = invocation.Begin($"relocating {path} against {file}");
            targets.Add((file, spec.Relocate(new CoreTarget(BtfFile.Read(NamedFile.Require(file, "a kernel's BTF"))))));
        }

        if (invocation.WantsJson)
            invocation.Write(DocumentOf(path, spec, targets), BtfInspectJson.Default.CoreDocument);
        else
            CoreReport.Write(invocation.Output, spec, targets, arguments.GetValue(_verbose));
        foreach (string warning in spec.Warnings.Concat(targets.SelectMany(target => target.Relocation.Target?.Warnings ?? [])))
            invocation.Note($"warning: {warning}");
        return targets.TrueForAll(target => target.Relocation.Judge() is not (BpfRelocationVerdict.Fails or BpfRelocationVerdict.ReachesMissing)) ? ExitCode.Done : ExitCode.Failed;
    }

    private static CoreDocument DocumentOf(string path, BpfObjectSpec spec, List<(string Btf, BpfObjectRelocation Relocation)> targets)
    {
        bool littleEndian = spec.ByteOrder == ElfByteOrder.LittleEndian;
        return new CoreDocument(path, [.. targets.Select(target => new CoreDocument.Target(target.Btf, target.Relocation.Succeeded, [.. target.Relocation.Functions.Select(ProgramOf)]))]);

        CoreDocument.Function ProgramOf(BpfRelocatedFunction function) => new(
            function.Function.Name,
            function.Function.SectionName,
            [.. function.Instructions.Select(Digits)],
            [.. function.Results.Select(result => RelocationOf(function.Function, result))]);

        string Digits(BpfInstruction instruction)
        {
            Span<byte> bytes = stackalloc byte[BpfInstruction.Length];
            instruction.Write(bytes, littleEndian);
            return Convert.ToHexStringLower(bytes);
        }
    }

    private static CoreDocument.Relocation RelocationOf(BpfFunction function, CoreRelocationResult result) => new(
        result.InstructionIndex,
        CoreRelocationKindNames.Of(result.Kind),
        result.Local,
        Words.Of(result.Outcome),
        result.OriginalValue,
        result.Value,
        result.Target,
        result.Candidates.Count,
        function.SourceLineOf(result.InstructionIndex)?.ToString(),
        result.Message,
        result.Suggestion);
}
