using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect doctor</c>: says why a loader fails.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private const string StandardInput = "-";

    private const string CommandExamples = """
          sudo ./loader 2>&1 | p3ebpf btf-inspect doctor --log - --obj prog.bpf.o --loader ./loader
          p3ebpf btf-inspect doctor --btf vmlinux.btf --obj prog.bpf.o
          sudo p3ebpf btf-inspect doctor --loader $(pidof loader)
        """;

    private const string ExitStatus = "Exit status: 0 a likely cause was found, or nothing is wrong; 1 the log shows a failure that cannot be explained, or a file cannot be read.";

    private readonly Option<string?> _log = new("--log") { HelpName = "FILE", Description = "What the loader printed; - for standard input." };
    private readonly Option<string?> _object = new("--obj") { HelpName = "OBJECT", Description = "The BPF object." };
    private readonly Option<string?> _btf = new("--btf") { HelpName = "FILE", Description = "The BTF that the loader was given; the running kernel's unless named." };
    private readonly Option<string?> _loader = new("--loader") { HelpName = "EXECUTABLE", Description = "The loader: its executable, or the number of its process." };

    private readonly Option<string?> _language = new("--lang") { HelpName = "LANGUAGE", Description = "en or zh (中文); by default the language of the locale (LC_ALL, LC_MESSAGES, LANG). JSON is in English." };

    private readonly Option<bool> _system = new("--system") { Description = "Show what was read of the system, too." };

    public DoctorCommand()
        : base("doctor", "Say why a loader fails: reads its log, the object, the BTF, the libbpf that it gets, and the system. Changes nothing, loads nothing. " + ExitStatus, CommandExamples)
    {
        Options.Add(_log);
        Options.Add(_object);
        Options.Add(_btf);
        Options.Add(_loader);
        Options.Add(_language);
        Options.Add(_system);
        _language.AcceptOnlyFromAmong("en", "zh");
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string? loader = arguments.GetValue(_loader);
        var request = new DoctorRequest
        {
            Log = ReadLog(arguments.GetValue(_log)),
            ObjectPath = arguments.GetValue(_object),
            BtfPath = arguments.GetValue(_btf),
            Loader = loader is null || loader.All(char.IsAsciiDigit) ? loader : Path.GetFullPath(loader),
        };
        DoctorReport report;
        using (invocation.Begin("examining this machine"))
            report = LoadDoctor.Examine(request);
        if (invocation.WantsJson)
            invocation.Write(new DoctorDocument([.. report.Findings.Select(finding => DoctorDocument.Diagnosis.From(finding, request))], report.Answer, report.Facts.ToDictionary(fact => fact.Key, fact => fact.Value), report.IsConclusive), BtfInspectJson.Default.DoctorDocument);
        else
            Write(report, request, arguments.GetValue(_system), IsChinese(arguments.GetValue(_language)), invocation.Output);
        return report.IsConclusive ? invocation.ExitCode : ExitCode.Failed;
    }

    private static string? ReadLog(string? path) => path switch
    {
        null => null,
        StandardInput => Console.In.ReadToEnd(),
        _ => File.ReadAllText(NamedFile.Require(path, "a log")),
    };

    /// <summary>Of the locale the first that is set counts, as for every program.</summary>
    private static bool IsChinese(string? language) =>
        (language ?? ((string[])["LC_ALL", "LC_MESSAGES", "LANG"]).Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value)))
            ?.StartsWith("zh", StringComparison.OrdinalIgnoreCase) == true;

    private static void Write(DoctorReport report, DoctorRequest request, bool showsSystem, bool inChinese, LineWriter output)
    {
        if (inChinese)
            WriteChinese(report, output);
        else
            WriteEnglish(report, request, output);
        if (!showsSystem)
            return;
        output.WriteLine();
        var facts = new TextTable(inChinese ? DoctorChinese.System : "system", "");
        foreach ((string name, string value) in report.Facts)
            facts.Add(name, value);
        facts.Write(output);
    }

    private static void WriteEnglish(DoctorReport report, DoctorRequest request, LineWriter output)
    {
        output.WriteLines(report.Answer);
        output.WriteLine();
        foreach (DoctorFinding finding in report.Findings)
        {
            output.WriteLine($"[{finding.Weight,3}] {finding.Code}: {finding.Summary}");
            foreach (string evidence in finding.Evidence)
                output.WriteLine($"        {evidence}");
            if (DoctorAdvice.Of(finding, request) is { } action)
                output.WriteLine($"      > {action}");
        }
    }

    private static void WriteChinese(DoctorReport report, LineWriter output)
    {
        DoctorFinding? cause = report.Findings.FirstOrDefault(finding => finding.Weight >= DoctorAdvice.Worrying);
        DoctorChinese.Text? first = cause is null ? null : DoctorChinese.Of(cause);
        output.WriteLine(first?.Meaning ?? (report.IsConclusive ? DoctorChinese.Nothing : DoctorChinese.Unclear));
        if (first?.Action is { } todo)
            output.WriteLine($"{DoctorChinese.Action}{todo}");
        output.WriteLine();
        foreach (DoctorFinding finding in report.Findings)
        {
            DoctorChinese.Text text = DoctorChinese.Of(finding);
            output.WriteLine($"[{finding.Weight,3}] {finding.Code}：{text.Meaning}");
            output.WriteLine($"        {DoctorChinese.Original}{finding.Summary}");
            foreach (string evidence in finding.Evidence)
                output.WriteLine($"        {evidence}");
            if (text.Action is { } action)
                output.WriteLine($"      > {action}");
        }
    }
}

/// <summary>The answer of <c>btf-inspect doctor --json</c>.</summary>
/// <param name="Findings">What was found, weightiest first.</param>
/// <param name="Answer">The conclusion, in lines.</param>
/// <param name="System">What was read of the system.</param>
/// <param name="Conclusive">Whether a likely cause was found, or nothing is wrong.</param>
internal sealed record DoctorDocument(IReadOnlyList<DoctorDocument.Diagnosis> Findings, string Answer, IReadOnlyDictionary<string, string> System, bool Conclusive) : CliDocument
{
    /// <param name="Code">What was found.</param>
    /// <param name="Weight">How much it explains, 0 to 100.</param>
    /// <param name="Summary">One or two sentences.</param>
    /// <param name="Evidence">What was seen.</param>
    /// <param name="Action">What settles or fixes it, with the command.</param>
    internal sealed record Diagnosis(string Code, int Weight, string Summary, IReadOnlyList<string> Evidence, string? Action)
    {
        public static Diagnosis From(DoctorFinding finding, DoctorRequest request) =>
            new(finding.Code, finding.Weight, finding.Summary, finding.Evidence, DoctorAdvice.Of(finding, request));
    }
}
