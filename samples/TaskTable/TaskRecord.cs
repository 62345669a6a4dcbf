using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>A value of <c>task_map</c>: <c>struct task_record</c> of bpf/sched_lottery.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TaskRecord
{
    public uint Tickets;
    public uint UserTickets;
    public ulong Switches;
    public ulong RunTimeNs;
    public ulong LastStartNs;
    public ulong CgroupId;
    public uint State;
    public uint Tgid;
    private CommandName _command;
    public ulong KernelRunTimeNs;

    public readonly string Command
    {
        get
        {
            ReadOnlySpan<byte> bytes = _command;
            int end = bytes.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        }
    }

    [InlineArray(16)]
    private struct CommandName
    {
        private byte _first;
    }
}
