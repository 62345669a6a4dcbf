using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using P3Ebpf.Cli.BtfInspect;
using P3Ebpf.Cli.RunningKernel;
using P3Ebpf.Cli.Gen;
using P3Ebpf.Cli.Link;
using P3Ebpf.Cli.Load;
using P3Ebpf.Cli.Lottery;
using P3Ebpf.Cli.Maps;

namespace P3Ebpf.Cli;

/// <summary>All commands, and the way from arguments to an exit code.</summary>
internal static class CommandLine
{
    private const string ExitCodes = """
        Exit status: 0 done; 1 failed (bad input, relocation, verifier); 2 usage; 3 not permitted, or the kernel lacks
        the feature; 130 interrupted.
        """;

    private const string Examples = """
          p3ebpf load --duration 5                       watch the built-in lottery scheduler's books for five seconds
          p3ebpf schedule                                let a lottery decide who runs, until Ctrl-C
          p3ebpf load prog.bpf.o --pin-dir /sys/fs/bpf/prog
          p3ebpf unload --pin-dir /sys/fs/bpf/prog
          p3ebpf load --help
        """;

    private const string HelpName = "--help";

    private static readonly ParserConfiguration Literal = new() { ResponseFileTokenReplacer = null };

    public static int Main(string[] arguments)
    {
        RootCommand root = CreateRoot();
        ParseResult parsed = root.Parse(arguments, Literal);
        bool isAnswered = parsed.Action is { ClearsParseErrors: true };
        if (isAnswered || (parsed.Action is not ParseErrorAction && UsageErrors.UnknownOptions(parsed).Count == 0))
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        if (!UsageErrors.LacksCommand(parsed) || parsed.GetValue(CliCommand.Json))
            return UsageErrors.Report(parsed);

        _ = root.Parse([.. arguments, HelpName], Literal).Invoke(new InvocationConfiguration { Output = Console.Error });
        return ExitCode.Usage;
    }

    /// <summary>All commands.</summary>
    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand("Loads, attaches and inspects eBPF programs, and says why one does not load.")
        {
            new LoadCommand(),
            new UnloadCommand(),
            new WatchCommand(),
            new ScheduleCommand(),
            new TicketsCommand(),
            new ListCommand(),
            MapCommand.Group(),
            new FeatureCommand(),
            new GenCommand(),
            new LinkCommand(),
            new Command("btf-inspect", "Look at BTF and BPF objects: check, print, compare, relocate, minimise, diagnose.")
            {
                new CheckCommand(),
                new DumpCommand(),
                new TypeCommand(),
                new DiffCommand(),
                new CoreCommand(),
                new MinCommand(),
                new ExtractCommand(),
                new DoctorCommand(),
            },
        };
        root.Options.Clear();
        root.Options.Add(CliCommand.Json);
        root.Options.Add(new HelpOption(HelpName, "-h") { Action = new ExamplesHelp($"{Examples}\n\n{ExitCodes}") });
        root.Options.Add(new VersionOption { Description = "Print the version." });
        return root;
    }
}
