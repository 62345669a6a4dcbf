using System.Runtime.InteropServices;
using System.Text;

namespace LotteryFigures;

/// <summary>A sched_ext scheduler in force, from its making until it is disposed.</summary>
internal sealed class Scheduler : IDisposable
{
    private readonly BpfObject _object;

    /// <summary>Puts one into force.</summary>
    /// <param name="name">The object: <c>scx_lottery</c>, <c>scx_lottery_list</c> or <c>scx_fifo</c>.</param>
    /// <param name="constants">What to set before loading.</param>
    public Scheduler(string name, params ReadOnlySpan<(string Name, ulong Value)> constants)
    {
        BpfObjectSpec spec = BpfObjectSpec.Read(Path.Combine(AppContext.BaseDirectory, $"{name}.bpf.o"));
        foreach ((string constant, ulong value) in constants)
            BitConverter.GetBytes(value).AsSpan(0, spec.Variables[constant].Size).CopyTo(spec.Variables[constant].InitialBytes);
        _object = spec.Load();
        _object.Attach();
    }

    /// <summary>0 while it is in force; then why it left.</summary>
    public int ExitKind => BitConverter.ToInt32(_object.Variables["exit_record"].GetBytes());

    public string ExitMessage
    {
        get
        {
            ReadOnlySpan<byte> message = _object.Variables["exit_record"].GetBytes().AsSpan(144, 1024);
            return Encoding.UTF8.GetString(message[..Math.Max(0, message.IndexOf((byte)0))]);
        }
    }

    public BpfRingBuffer OpenDraws() => new(_object.Maps["draws"]);

    public TaskRecord this[int task] => new BpfHashMap<uint, TaskRecord>(_object.Maps["tasks"]).TryGetValue((uint)task, out TaskRecord record)
        ? record
        : throw new InvalidOperationException($"Task {task} is not scheduled; the scheduler's end: {ExitKind} {ExitMessage}");

    /// <summary>Gives a task its tickets, which count from its next draw on.</summary>
    public void SetTickets(int task, int tickets)
    {
        ulong[] context = [(ulong)task, (ulong)tickets];
        if (_object.Programs["set_tickets"].TestRun(context: MemoryMarshal.AsBytes<ulong>(context)).ReturnValue != 0)
            throw new InvalidOperationException($"There is no task {task}.");
    }

    /// <summary>What each callback took so far, by the kernel's statistics.</summary>
    public Dictionary<string, (double Nanoseconds, ulong Runs)> Costs() => _object.Programs.ToDictionary(
        program => program.Name[(program.Name.IndexOf('_', StringComparison.Ordinal) + 1)..],
        program =>
        {
            BpfProgramInfo info = program.GetInfo();
            return (info.RunTime.Ticks * 100.0, info.RunCount);
        });

    /// <summary>The records of all tasks, read at one time.</summary>
    public IReadOnlyDictionary<uint, TaskRecord> ReadAll() => new BpfHashMap<uint, TaskRecord>(_object.Maps["tasks"]).ToDictionary();

    /// <summary>How many tasks came to run without a draw so far, since they had waited too long.</summary>
    public ulong Rescued
    {
        get
        {
            var queues = new BpfArrayMap<QueueRecord>(_object.Maps["queues"]);
            ulong rescued = 0;
            for (uint index = 0; index <= Environment.ProcessorCount; index++)
                rescued += queues[index].Rescued;
            return rescued;
        }
    }

    public void Dispose() => _object.Dispose();
}

/// <summary><c>struct queue</c>.</summary>
[StructLayout(LayoutKind.Sequential), BpfOpaque]
internal struct QueueRecord
{
    public ulong Clock;
    public ulong Stakes;
    public ulong Odds;
    public ulong Draws;
    public ulong Contested;
    public ulong Started;
    public ulong Rescued;
    public ulong DrawsAtRescue;
    public ulong Ahead;
    public ulong Meets;
    public ulong Guarded;
}

/// <summary>The beginning of <c>struct task_record</c> of bpf/scx_lottery.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 208), BpfOpaque]
internal struct TaskRecord
{
    public ulong Task;
    public ulong CgroupId;
    public uint Tickets;
    public uint UserTickets;
    public ulong Value;
    public ulong Compensation;
    public ulong Entered;
    public ulong Won;
    public ulong Expected; // 32 bits behind the point
    public ulong Due;
    public ulong Unopposed;
    public ulong RunTimeNanoseconds;
    public ulong WaitTimeNanoseconds;
    public ulong LongestWaitNanoseconds;
}

/// <summary><c>struct draw_event</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DrawEvent
{
    public ulong TimeNanoseconds;
    public uint Task;
    public uint Processor;
    public ulong Stake;
    public ulong Stakes;
}
