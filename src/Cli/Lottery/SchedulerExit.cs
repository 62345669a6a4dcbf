using System.Text;

namespace P3Ebpf.Cli.Lottery;

/// <summary>Why a scheduler left: <c>struct exit_record</c> of <c>bpf/scx.h</c>, the kernel's <c>struct scx_exit_info</c>.</summary>
/// <param name="Kind">The kernel's <c>enum scx_exit_kind</c>; 0 while the scheduler is in force.</param>
/// <param name="Code">What the scheduler or the kernel adds.</param>
/// <param name="Reason">The kernel's name for the kind.</param>
/// <param name="Message">What the kernel says of this case; often empty.</param>
/// <param name="Dump">After an error, lines about every processor and its tasks.</param>
internal sealed record SchedulerExit(int Kind, long Code, string Reason, string Message, string Dump)
{
    private const int Unregistered = 64;
    private const int FirstError = 1024;
    private const long RestartBit = 1L << 48; // SCX_ECODE_ACT_RESTART

    private const int ReasonOffset = 16;
    private const int MessageOffset = 144;
    private const int DumpOffset = 1168;

    /// <summary>Whether the kernel threw it out.</summary>
    public bool IsError => Kind >= FirstError;

    /// <summary>Whether it left because its loader let go of it.</summary>
    public bool IsOrderly => Kind is 0 or Unregistered;

    /// <summary>Whether it left only to be loaded again, as when a processor goes on line.</summary>
    public bool WantsRestart => (Code & RestartBit) != 0;

    /// <summary>The kind in words, as a sentence about the scheduler.</summary>
    public string Words => Kind switch
    {
        0 => "It is still in force.",
        Unregistered => "It left as it was told to; the kernel's default scheduler has the tasks again.",
        65 => "It left by its own decision.",
        66 when WantsRestart => "The kernel took it out because a processor came or went.",
        66 => "The kernel took it out.",
        67 => "It was taken out from the keyboard (SysRq-S).",
        68 => "It left together with the scheduler above it.",
        1024 => "The kernel threw it out because of an error.",
        1025 => "It gave up because of an error that it found itself.",
        1026 => "The kernel's watchdog threw it out: a task that could have run was left waiting for too long.",
        _ => $"It left for a reason that this version does not know ({Kind}).",
    };

    /// <summary>Reads the variable <c>exit_record</c>.</summary>
    public static SchedulerExit Read(BpfVariable variable)
    {
        ReadOnlySpan<byte> bytes = variable.GetBytes();
        return new(
            BitConverter.ToInt32(bytes), BitConverter.ToInt64(bytes[8..]),
            Text(bytes[ReasonOffset..MessageOffset]), Text(bytes[MessageOffset..DumpOffset]), Text(bytes[DumpOffset..]));
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
