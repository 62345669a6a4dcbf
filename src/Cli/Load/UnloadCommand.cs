using System.Text.Json.Serialization;
using System.CommandLine;

namespace P3Ebpf.Cli.Load;

/// <summary><c>p3ebpf unload</c>: removes pins, and with the last one what they kept in the kernel.</summary>
internal sealed class UnloadCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf unload --prog-pin /sys/fs/bpf/lottery/prog --map-pin /sys/fs/bpf/lottery/tasks --link-pin /sys/fs/bpf/lottery/link
          p3ebpf unload --pin-dir /sys/fs/bpf/prog
        """;

    private readonly Option<string?> _programPin = new("--prog-pin") { HelpName = "PATH", Description = "A pinned program." };
    private readonly Option<string?> _mapPin = new("--map-pin") { HelpName = "PATH", Description = "A pinned map." };
    private readonly Option<string?> _linkPin = new("--link-pin") { HelpName = "PATH", Description = "A pinned link; its program is detached." };
    private readonly Option<string?> _pinDirectory = new("--pin-dir") { HelpName = "DIR", Description = "A directory whose pins are all removed." };

    public UnloadCommand()
        : base(
            "unload",
            "Remove pins: links first, then programs, then maps, then directories that are empty. A pin that is missing is an error; the others are removed all the same.",
            CommandExamples)
    {
        Options.Add(_programPin);
        Options.Add(_mapPin);
        Options.Add(_linkPin);
        Options.Add(_pinDirectory);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        List<string> pins = [.. new[] { _linkPin, _programPin, _mapPin }.Select(arguments.GetValue).OfType<string>()];
        string? directory = arguments.GetValue(_pinDirectory);
        if (pins.Count == 0 && directory is null)
            throw new UsageException("Nothing to unload: give --link-pin, --prog-pin, --map-pin or --pin-dir.");
        if (directory is not null)
            pins.AddRange(PinsIn(directory));

        List<string> removed = [];
        List<Failure> failures = [];
        foreach (string pin in pins)
            Try(() => Unpin(pin), pin);

        // Only where something was pinned, or what was named: another's directory may be empty too.
        foreach (string parent in removed.Select(ParentOf).Append(directory).OfType<string>().Distinct().ToArray())
            Try(() => BpfPinDirectory.TryRemove(parent), parent);
        return Tell(removed, failures, invocation);

        void Try(Func<bool> remove, string path)
        {
            try
            {
                if (remove())
                    removed.Add(path);
            }
            catch (Exception e) when (e is BpfException or IOException or UnauthorizedAccessException)
            {
                failures.Add(Failure.From(e));
            }
        }
    }

    private static bool Unpin(string pin)
    {
        BpfFs.Unpin(pin);
        return true;
    }

    private static IReadOnlyList<string> PinsIn(string directory)
    {
        if (!Directory.Exists(directory))
            throw new CommandException("not-found", $"{directory}: no such directory.", "Check the path; p3ebpf load --pin-dir makes it.");
        return BpfFs.Contains(directory)
            ? BpfPinDirectory.PinsIn(directory)
            : throw new CommandException("not-bpffs", $"{directory} is not in a bpffs.", $"Pins lie below {BpfFs.DefaultMountPoint}.");
    }

    private static string? ParentOf(string pin) => Path.GetDirectoryName(Path.GetFullPath(pin));

    private static int Tell(List<string> removed, List<Failure> failures, Invocation invocation)
    {
        int exitCode = failures.Select(failure => failure.ExitCode).DefaultIfEmpty(ExitCode.Done).Max();
        if (invocation.WantsJson)
        {
            invocation.Write(new UnloadDocument(removed, failures is [Failure first, ..] ? ErrorInfo.From(first) : null), LoadJson.Default.UnloadDocument);
            return exitCode;
        }

        foreach (string path in removed)
            invocation.Output.WriteLine($"removed {path}");
        foreach (Failure failure in failures)
            _ = invocation.Report(failure);
        if (removed.Count == 0 && failures.Count == 0)
            invocation.Note("note: nothing was pinned there.");
        return exitCode;
    }
}

/// <summary>The answer of <c>unload --json</c>.</summary>
/// <param name="Removed">The pins and directories that are gone, in that order.</param>
/// <param name="Error">The first failure; others were told on standard error.</param>
internal sealed record UnloadDocument(
    IReadOnlyList<string> Removed, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ErrorInfo? Error) : CliDocument;
