using System.CommandLine;
using System.Globalization;

namespace P3Ebpf.Cli.Lottery;

/// <summary><c>p3ebpf tickets</c>: gives a task its tickets.</summary>
internal sealed class TicketsCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf tickets 1234 4096
              while p3ebpf schedule runs: as many as four tasks of nice 0 have
          p3ebpf tickets 1234 4096 --map-pin /sys/fs/bpf/lottery/tasks
              in the books
          p3ebpf tickets 1234 0 --map-pin /sys/fs/bpf/lottery/tasks
              let its nice value decide again
        """;

    private readonly Argument<uint> _task = Number("PID", "The process, or thread, in the initial pid namespace.", minimum: 1);
    private readonly Argument<uint> _tickets = Number("N", "Its tickets: 1024 is nice 0; 0 hands it back to its nice value.", minimum: 0);
    private readonly Option<string?> _mapPin = new("--map-pin")
    {
        HelpName = "PATH",
        Description = "Where the books' task_map, or the scheduler's map tasks, is pinned. Default: the running scheduler.",
    };

    public TicketsCommand()
        : base("tickets", "Give a task its tickets: in the running lottery scheduler, or in the books of a pinned one.", CommandExamples)
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
        string? path = arguments.GetValue(_mapPin);
        if (!Directory.Exists($"/proc/{task}"))
            throw new CommandException("no-such-task", $"There is no task with the id {task}.", "Take one from p3ebpf watch, or from ps -eL.");

        using TicketHolders holders = path is null ? SchedulerTickets.Find() : TicketHolders.FromPin(path);
        uint? previous = holders.TryGet(task, out TicketHolding before) ? before.Tickets : null;
        holders.Set(task, tickets);
        _ = holders.TryGet(task, out TicketHolding now);
        Tell(new TicketsDocument(task, NameOf(task, now), now.Tickets, now.UserTickets, previous), invocation);
        return ExitCode.Done;
    }

    private static void Tell(TicketsDocument answer, Invocation invocation)
    {
        if (invocation.WantsJson)
            invocation.Write(answer, LotteryJson.Default.TicketsDocument);
        else if (answer.UserTickets == 0)
            invocation.Output.WriteLine($"{answer.Pid} ({answer.Name}): its nice value decides again");
        else
            invocation.Output.WriteLine($"{answer.Pid} ({answer.Name}): {(answer.PreviousTickets is { } previous ? $"{previous} -> " : string.Empty)}{answer.Tickets} tickets");
    }

    /// <summary>A record made just now has no name yet.</summary>
    private static string NameOf(uint task, TicketHolding holding)
    {
        string file = $"/proc/{task}/comm";
        return holding.Name is { Length: > 0 } name ? name : File.Exists(file) ? File.ReadAllText(file).TrimEnd('\n') : string.Empty;
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
internal sealed record TicketsDocument(uint Pid, string Name, uint Tickets, uint UserTickets, uint? PreviousTickets) : CliDocument;
