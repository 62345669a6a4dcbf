using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect min</c>: the smallest BTF that some objects need of a kernel's.</summary>
internal sealed class MinCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect min prog.bpf.o --btf vmlinux-5.4.btf -o prog-5.4.btf
        """;

    private readonly Argument<string[]> _objects = new("OBJECT") { Description = "The BPF objects.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _btf = new("--btf") { HelpName = "FILE", Description = "The kernel's BTF, raw or ELF.", Required = true };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "OUT", Description = "The file to write.", Required = true };

    public MinCommand()
        : base("min", "Write the smallest BTF against which these objects relocate as against the whole, to ship with them for kernels without BTF.", CommandExamples)
    {
        Arguments.Add(_objects);
        Options.Add(_btf);
        Options.Add(_output);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string file = NamedFile.Require(arguments.GetValue(_btf)!, "a kernel's BTF");
        BtfSpec whole = BtfFile.Read(file);
        var minimizer = new CoreMinimizer(whole);
        foreach (string path in arguments.GetValue(_objects)!)
        {
            BpfObjectRelocation relocation = BpfObjectSpec.Read(NamedFile.Require(path, "a BPF object")).Relocate(new CoreTarget(whole));
            if (relocation.Failure is { } failure)
            {
                throw new CommandException(
                    "core-mismatch", $"{path} does not relocate against {file}: {failure.Result.Local}: {failure.Result.Message}",
                    $"p3ebpf btf-inspect core {path} --btf {file} tells more.");
            }

            foreach (CoreRelocationResult result in relocation.Functions.SelectMany(function => function.Results))
                minimizer.Add(result);
        }

        byte[] bytes = minimizer.ToArray();
        string output = arguments.GetValue(_output)!;
        NamedFile.Write(output, bytes);
        int types = BtfSpec.Parse(bytes).OwnTypeCount;
        if (invocation.WantsJson)
            invocation.Write(new WrittenDocument(file, output, bytes.Length, types), BtfInspectJson.Default.WrittenDocument);
        else
            invocation.Note($"{output}: {types} types, {bytes.Length} bytes, of {whole.TypeCount - 1} types, {whole.Data.Length} bytes");
        return ExitCode.Done;
    }
}
