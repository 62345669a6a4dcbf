using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Cli.Lottery;

/// <summary>What the lottery scheduler keeps of a task: <c>struct task_record</c> of <c>bpf/sched_lottery.h</c>, which explains the members.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TaskRecord
{
    private const uint StateBits = 0xff;
    private const uint DoesNotCountAsLoad = 0x400;
    private const uint OnProcessor = 0x8000_0000;

    public readonly uint Tickets;
    public readonly uint UserTickets;
    public readonly ulong Switches;
    public readonly ulong RunTimeNanoseconds;
    public readonly ulong LastStartNanoseconds;
    public readonly ulong CgroupId;
    public readonly uint State;
    public readonly uint ThreadGroupId;
    private readonly CommandBytes _command;
    public readonly ulong KernelRunTimeNanoseconds;

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

    /// <summary>The state as the letter that ps shows.</summary>
    public char StateLetter => State == OnProcessor ? 'R' : (State & StateBits) switch
    {
        0 => 'R',
        1 => 'S',
        2 => (State & DoesNotCountAsLoad) != 0 ? 'I' : 'D',
        4 => 'T',
        8 => 't',
        0x10 => 'X',
        0x20 => 'Z',
        0x40 => 'P',
        _ => '?',
    };

    [InlineArray(16)]
    private struct CommandBytes
    {
        private byte _first;
    }
}
