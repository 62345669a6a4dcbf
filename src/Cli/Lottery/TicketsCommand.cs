using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Lottery;

/// <summary><c>p3ebpf tickets</c>: gives a task its tickets.</summary>
internal sealed class TicketsCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf tickets 1234 4096 --map-pin /sys/fs/bpf/lottery/tasks
              as many as four tasks of nice 0 have
          p3ebpf tickets 1234 0 --map-pin /sys/fs/bpf/lottery/tasks
              let its nice value decide again
        """;

    private readonly Argument<uint> _task = Number("PID", "The process, or thread, in the initial pid namespace.", minimum: 1);
    private readonly Argument<uint> _tickets = Number("N", "Its tickets: 1024 is nice 0; 0 hands it back to its nice value.", minimum: 0);
    private readonly Option<string> _mapPin = new("--map-pin") { HelpName = "PATH", Description = "Where task_map is pinned.", Required = true };

    public TicketsCommand()
        : base("tickets", "Give a task its tickets in the books of a pinned lottery scheduler.", CommandExamples)
    {
        Arguments.Add(_task);
        Arguments.Add(_tickets);
        Options.Add(_mapPin);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        uint task = arguments.GetValue(_task);
        uint tickets = arguments.GetValue(_tickets);
        string path = arguments.GetRequiredValue(_mapPin);
        if (!Directory.Exists($"/proc/{task}"))
            throw new CommandException("no-such-task", $"There is no task with the id {task}.", "Take one from p3ebpf watch, or from ps -eL.");

        using BpfMap map = BpfMap.FromPin(path);
        TaskMap tasks = TaskMap.From(map, path);
        uint? previous = tasks.TryGet(task, out TaskRecord before) ? before.Tickets : null;
        Set(map, task, tickets);
        _ = tasks.TryGet(task, out TaskRecord record);
        Tell(new TicketsDocument(task, NameOf(task, record), record.Tickets, record.UserTickets, previous), invocation);
        return ExitCode.Done;
    }

    /// <summary>A program writes in place; an update from here would undo what is counted meanwhile.</summary>
    private static void Set(BpfMap map, uint task, uint tickets)
    {
        BpfObjectSpec spec = BuiltInObject.SetTickets;
        using BpfObject contents = spec.Load(new BpfLoadOptions { MapReplacements = new Dictionary<string, BpfMap> { [TaskMap.Name] = map } });
        ulong[] context = [task, tickets];
        if (contents.Programs["set_tickets"].TestRun(context: MemoryMarshal.AsBytes<ulong>(context)).ReturnValue != 0)
        {
            throw new CommandException(
                "map-full", $"The map has no room for task {task}: it holds {map.MaxEntries} tasks.", "Give it to a task that p3ebpf watch shows, or wait until others exit.");
        }
    }

    private static void Tell(TicketsDocument answer, Invocation invocation)
    {
        if (invocation.WantsJson)
            invocation.Write(answer, CliJson.Default.TicketsDocument);
        else if (answer.UserTickets == 0)
            invocation.Output.WriteLine($"{answer.Pid} ({answer.Name}): its nice value decides, from its next switch on");
        else
            invocation.Output.WriteLine($"{answer.Pid} ({answer.Name}): {(answer.PreviousTickets is { } previous ? $"{previous} -> " : string.Empty)}{answer.Tickets} tickets");
    }

    /// <summary>A record made just now has no name yet.</summary>
    private static string NameOf(uint task, TaskRecord record)
    {
        string file = $"/proc/{task}/comm";
        return record.Command is { Length: > 0 } name ? name : File.Exists(file) ? File.ReadAllText(file).TrimEnd('\n') : string.Empty;
    }

    private static Argument<uint> Number(string name, string description, uint minimum) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number >= minimum)
                return number;
            result.AddError($"{name} is a number from {minimum} to {uint.MaxValue}, not '{text}'.");
            return 0;
        },
    };
}

/// <summary>The answer of <c>tickets --json</c>.</summary>
/// <param name="Pid">The task.</param>
/// <param name="Name">Its command name.</param>
/// <param name="Tickets">What it has now.</param>
/// <param name="UserTickets">What it was given; 0 when its nice value decides.</param>
/// <param name="PreviousTickets">What it had before; null if it had not been seen.</param>
internal sealed record TicketsDocument(uint Pid, string Name, uint Tickets, uint UserTickets, uint? PreviousTickets)
{
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CliJson.SchemaVersion;
}
