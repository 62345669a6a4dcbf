using System.CommandLine;
using P3Ebpf.Cli.BtfInspect.Fleet;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect core</c>: will this object run there, and if not, why.</summary>
internal sealed class CoreCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect core prog.bpf.o
          p3ebpf btf-inspect core prog.bpf.o --btf vmlinux-5.10.btf --btf vmlinux-6.12.btf --verbose
          p3ebpf btf-inspect core prog.bpf.o --btf nf_conntrack.btf --base vmlinux-6.12.btf
          p3ebpf btf-inspect core *.bpf.o --btf btfhub-archive/ubuntu --html fleet.html
        """;

    private readonly Argument<string[]> _objects = new("OBJECT") { Description = "BPF objects.", Arity = ArgumentArity.OneOrMore };

    private readonly Option<string[]> _btf = new("--btf")
    {
        HelpName = "FILE|DIR",
        Description = "A target's BTF, raw or ELF, also compressed; may be repeated. A directory: every BTF file in it, at any depth; one with a file named vmlinux is one kernel and its modules. Default: the running kernel's.",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> _base = new("--base")
    {
        HelpName = "FILE",
        Description = "The kernel's BTF that the given ones continue, which are modules' then: files each by itself, those of a directory together.",
    };

    private readonly Option<bool> _brief = new("--brief") { Description = "One verdict for each object on each target, as for several objects or a directory." };
    private readonly Option<string?> _html = new("--html") { HelpName = "FILE", Description = "Write a page with everything: the verdicts, every relocation, what differs between the targets. Implies --brief." };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Every relocation, and every candidate with the step at which it failed." };

    public CoreCommand()
        : base("core", "Say whether objects will run on one or more kernels, by their BTF, without loading them: every CO-RE relocation with what was found, what was not and why, and what else the objects need (kernel functions, attach targets, types of maps, helpers). Fails where an object would: a relocation without an answer, or something missing that a program reaches or cannot be loaded or attached without.", CommandExamples)
    {
        Arguments.Add(_objects);
        Options.Add(_btf);
        Options.Add(_base);
        Options.Add(_brief);
        Options.Add(_html);
        Options.Add(_verbose);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string[] objects = arguments.GetRequiredValue(_objects);
        string[] files = arguments.GetValue(_btf) ?? [];
        if (arguments.GetValue(_base) is not null && files.Length == 0)
            throw new UsageException("--base is what the BTF of a module continues: name that with --btf.");
        BtfSpec? baseSpec = BtfSource.ReadBase(arguments.GetValue(_base));
        FleetTarget[] targets = files.Length == 0 ? [FleetTarget.Running()] : [.. files.SelectMany(file => FleetTarget.Of(file, baseSpec))];
        string? page = arguments.GetValue(_html);
        bool isFleet = page is not null || arguments.GetValue(_brief) || objects.Length > 1 || (files.Any(Directory.Exists) && targets.Length > 1);
        if (!isFleet)
            return Detail(objects[0], targets, arguments.GetValue(_verbose), invocation);
        if (arguments.GetValue(_verbose))
            throw new UsageException("--verbose is for one object and files of BTF; --html FILE has every relocation of many.");
        return Fleet(objects, targets, page, invocation);
    }

    private static int Fleet(string[] objects, FleetTarget[] targets, string? page, Invocation invocation)
    {
        FleetRun run;
        using (Progress progress = invocation.Begin($"judging {objects.Length} objects on {targets.Length} kernels"))
            run = FleetRun.Start(objects, targets, withAnswers: page is not null, progress, invocation.Interrupted);
        if (page is not null)
            NamedFile.Write(page, FleetPage.Of(run));
        if (invocation.WantsJson)
            invocation.Write(FleetDocument.Of(run), FleetJson.Default.FleetDocument);
        else
            FleetReport.Write(invocation.Output, run);
        foreach (string warning in run.Warnings)
            invocation.Note($"warning: {warning}");
        return run.Pairs.Any(pair => pair.IsRefused) ? ExitCode.Failed : ExitCode.Done;
    }

    private static int Detail(string path, FleetTarget[] files, bool verbose, Invocation invocation)
    {
        BpfObjectSpec spec = BpfObjectSpec.Read(NamedFile.Require(path, "a BPF object"));
        List<(string Btf, BpfTargetAssessment Assessment)> targets = [];
        foreach (FleetTarget file in files)
        {
            using Progress progress = invocation.Begin($"relocating {path} against {file.Name}");
            try
            {
                targets.Add((file.Name, BpfTargetAssessment.Of(spec, file.Read())));
            }
            catch (BpfException) when (!spec.HasCoreRelocations && file.IsRunning)
            {
                // A kernel without BTF has no say, and an object without relocations needs none.
            }
        }

        if (invocation.WantsJson)
            invocation.Write(DocumentOf(path, spec, targets), BtfInspectJson.Default.CoreDocument);
        else
            CoreReport.Write(invocation.Output, spec, targets, verbose);
        foreach (string warning in spec.Warnings.Concat(targets.SelectMany(target => target.Assessment.Relocation.Target?.Warnings ?? [])))
            invocation.Note($"warning: {warning}");
        return targets.Exists(target => target.Assessment.IsRefused) ? ExitCode.Failed : ExitCode.Done;
    }

    private static CoreDocument DocumentOf(string path, BpfObjectSpec spec, List<(string Btf, BpfTargetAssessment Assessment)> targets)
    {
        bool littleEndian = spec.ByteOrder == ElfByteOrder.LittleEndian;
        return new CoreDocument(path, [.. targets.Select(target => new CoreDocument.Target(target.Btf, target.Assessment.Relocation.Succeeded, [.. target.Assessment.Relocation.Functions.Select(ProgramOf)]))]);

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
