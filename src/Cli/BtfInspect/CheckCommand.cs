using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect check</c>: is this file good BTF, what is wrong with it, and who can read it.</summary>
internal sealed class CheckCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect check
          p3ebpf btf-inspect check vmlinux-6.12.btf
          p3ebpf btf-inspect check nf_conntrack.btf --base vmlinux-6.12.btf
        """;

    private readonly Argument<string?> _file = BtfSource.File();
    private readonly Option<string?> _base = BtfSource.Base();

    public CheckCommand()
        : base("check", "Say whether a file is good BTF: all that is wrong with it and where, what it is instead, which libbpf and kernels read it. Exit status 1 if it is not good.", CommandExamples)
    {
        Arguments.Add(_file);
        Options.Add(_base);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string file = BtfSource.Locate(arguments.GetValue(_file));
        BtfCheckReport report;
        using (invocation.Begin($"checking {file}"))
            report = BtfFile.Check(file, BtfSource.ReadBase(arguments.GetValue(_base)));
        if (invocation.WantsJson)
            invocation.Write(CheckDocument.From(file, report), BtfInspectJson.Default.CheckDocument);
        else
            CheckReport.Write(invocation.Output, report);
        return report.Verdict == BtfVerdict.Good ? ExitCode.Done : ExitCode.Failed;
    }
}
