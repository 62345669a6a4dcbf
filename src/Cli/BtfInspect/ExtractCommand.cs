using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect extract</c>: the raw BTF out of an ELF file.</summary>
internal sealed class ExtractCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect extract /usr/lib/debug/boot/vmlinux-6.12 -o vmlinux-6.12.btf
        """;

    private readonly Argument<string> _file = new("FILE") { Description = "An ELF file with a .BTF section: vmlinux, a module, a BPF object." };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "OUT", Description = "The file to write.", Required = true };

    public ExtractCommand()
        : base("extract", "Write the raw BTF of an ELF file, decompressed, to a file of its own. What it holds is not checked: that is what 'check' does.", CommandExamples)
    {
        Arguments.Add(_file);
        Options.Add(_output);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string file = NamedFile.Require(arguments.GetValue(_file)!, "an ELF file");
        ReadOnlyMemory<byte> bytes = BtfFile.ReadBytes(file, out _);
        string output = arguments.GetValue(_output)!;
        NamedFile.Write(output, bytes.Span);
        if (invocation.WantsJson)
            invocation.Write(new WrittenDocument(file, output, bytes.Length, Types: null), BtfInspectJson.Default.WrittenDocument);
        else
            invocation.Note($"{output}: {bytes.Length} bytes");
        return ExitCode.Done;
    }
}
