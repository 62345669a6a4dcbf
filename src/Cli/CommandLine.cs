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

    private const string VersionName = "--version";

    private static readonly ParserConfiguration Literal = new() { ResponseFileTokenReplacer = null };

    /// <summary>Each is made when it is wanted.</summary>
    private static readonly (string Name, Func<Command> Create)[] Commands =
    [
        ("load", static () => new LoadCommand()),
        ("unload", static () => new UnloadCommand()),
        ("watch", static () => new WatchCommand()),
        ("schedule", static () => new ScheduleCommand()),
        ("tickets", static () => new TicketsCommand()),
        ("list", static () => new ListCommand()),
        ("map", MapCommand.Group),
        ("feature", static () => new FeatureCommand()),
        ("gen", static () => new GenCommand()),
        ("link", static () => new LinkCommand()),
        ("btf-inspect", static () => new Command("btf-inspect", "Look at BTF and BPF objects: check, print, compare, relocate, minimise, diagnose.")
        {
            new CheckCommand(),
            new DumpCommand(),
            new TypeCommand(),
            new DiffCommand(),
            new CoreCommand(),
            new MinCommand(),
            new ExtractCommand(),
            new DoctorCommand(),
        }),
    ];

    public static int Main(string[] arguments)
    {
        // A command line that is right needs one command; what it says of one that is not takes all of them.
        if (arguments.Length > 0 && Array.Find(Commands, command => command.Name == arguments[0]).Name is { } name)
        {
            ParseResult alone = CreateRoot(name).Parse(arguments, Literal);
            if (IsRight(alone))
                return Invoke(alone);
        }

        RootCommand root = CreateRoot(arguments is [VersionName] ? VersionName : null);
        ParseResult parsed = root.Parse(arguments, Literal);
        if (IsAnswered(parsed) || IsRight(parsed))
            return Invoke(parsed);
        if (!UsageErrors.LacksCommand(parsed) || parsed.GetValue(CliCommand.Json))
            return UsageErrors.Report(parsed);

        _ = root.Parse([.. arguments, HelpName], Literal).Invoke(new InvocationConfiguration { Output = Console.Error });
        return ExitCode.Usage;
    }

    /// <summary>All commands, or one.</summary>
    internal static RootCommand CreateRoot(string? only = null)
    {
        var root = new RootCommand("Loads, attaches and inspects eBPF programs, and says why one does not load.");
        foreach ((string name, Func<Command> create) in Commands)
        {
            if (only is null || only == name)
                root.Add(create());
        }

        root.Options.Clear();
        root.Options.Add(CliCommand.Json);
        root.Options.Add(new HelpOption(HelpName, "-h") { Action = new ExamplesHelp($"{Examples}\n\n{ExitCodes}") });
        root.Options.Add(new VersionOption { Description = "Print the version." });
        return root;
    }

    /// <summary>Whether the command line asks for help or for the version.</summary>
    private static bool IsAnswered(ParseResult parsed) => parsed.Action is { ClearsParseErrors: true };

    private static bool IsRight(ParseResult parsed) => !IsAnswered(parsed) && parsed.Action is not ParseErrorAction && UsageErrors.UnknownOptions(parsed).Count == 0;

    private static int Invoke(ParseResult parsed) => parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
