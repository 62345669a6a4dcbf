using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Cli.Lottery;

/// <summary>What the scheduler keeps of a task: <c>struct task_record</c> of <c>bpf/scx_lottery.h</c>, which explains the members.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ScheduledTask
{
    private const double ValueUnit = 1 << 20;
    private const double ExpectedUnit = 1UL << 32;

    public readonly ulong Task;
    public readonly ulong CgroupId;
    public readonly uint Tickets;
    public readonly uint UserTickets;
    private readonly ulong _value;
    private readonly ulong _compensation;
    public readonly ulong Entered;
    public readonly ulong Won;
    private readonly ulong _expected;
    private readonly ulong _due;
    public readonly ulong Unopposed;
    public readonly ulong RunTimeNanoseconds;
    public readonly ulong WaitTimeNanoseconds;
    public readonly ulong LongestWaitNanoseconds;
    public readonly ulong LastChangeNanoseconds;
    private readonly uint _state;
    public readonly uint ThreadGroupId;
    private readonly CommandBytes _command;
    public readonly uint NiceTickets;
    private readonly OwnBytes _own;

    /// <summary>What its tickets were worth in the root group's, when it last took part in a draw.</summary>
    public double Value => _value / ValueUnit;

    /// <summary>How many draws it should have won.</summary>
    public double Expected => _expected / ExpectedUnit;

    /// <summary>How many it should have won without compensation: what it should have run, in slices.</summary>
    public double Due => _due / ExpectedUnit;

    /// <summary>What it has from its next draw on.</summary>
    public uint DueTickets => UserTickets != 0 ? UserTickets : NiceTickets;

    /// <summary>The command name; any bytes that its owner likes, as far as they are UTF-8.</summary>
    public string Command
    {
        get
        {
            ReadOnlySpan<byte> bytes = _command;
            int end = bytes.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }
    }

    public string State => _state switch { 0 => "sleeps", 1 => "waits", 2 => "runs", _ => "?" };

    [InlineArray(16)]
    private struct CommandBytes
    {
        private byte _first;
    }

    /// <summary>The scheduler's own members.</summary>
    [InlineArray(68)]
    private struct OwnBytes
    {
        private byte _first;
    }
}

/// <summary>What the scheduler keeps of a cgroup, a currency: <c>struct group_record</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ScheduledGroup
{
    public readonly ulong Parent;
    public readonly ulong Worth;
    public readonly ulong ActiveTickets;
    public readonly ulong Members;
    private readonly ulong _counted;
    public readonly ulong RunTimeNanoseconds;
}

/// <summary>What the scheduler keeps of a place where tasks wait: <c>struct queue</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ScheduledQueue
{
    private readonly ulong _clock;
    private readonly ulong _stakes;
    private readonly ulong _odds;
    public readonly ulong Draws;
    private readonly ulong _contested;
    private readonly ulong _started;
    public readonly ulong Rescued;
    private readonly ulong _drawsAtRescue;
    private readonly ulong _ahead;
    private readonly ulong _meets;
    private readonly ulong _guarded;
}
