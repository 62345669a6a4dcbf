
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to many places of an executable at once. Linux 6.6.</summary>
public sealed unsafe class UprobeMultiLink : BpfLink
{
    private UprobeMultiLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/> loaded for
    /// <see cref="BpfAttachType.TraceUprobeMulti"/> or <see cref="BpfAttachType.TraceUprobeSession"/>.</param>
    /// <param name="path">The file.</param>
    /// <param name="offsets">The places in bytes from the file's beginning.</param>
    /// <param name="atReturn">Whether it runs when the functions there return.</param>
    /// <param name="pid">The process to watch; 0 for all.</param>
    /// <param name="semaphoreOffsets">The file offset of a USDT semaphore for each place; empty for none.</param>
    /// <param name="cookies">A number for each place; empty for none.</param>
    /// <exception cref="BpfException">The file is missing, or the kernel refuses.</exception>
    public static UprobeMultiLink Attach(
        BpfProgram program, string path, ReadOnlySpan<ulong> offsets, bool atReturn = false, int pid = 0,
        ReadOnlySpan<ulong> semaphoreOffsets = default, ReadOnlySpan<ulong> cookies = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        if ((!semaphoreOffsets.IsEmpty && semaphoreOffsets.Length != offsets.Length) || (!cookies.IsEmpty && cookies.Length != offsets.Length))
            throw new ArgumentException("There must be as many semaphores and cookies as offsets.", nameof(offsets));

        string place = $"uprobe.multi of {path}";
        fixed (byte* file = BpfSystemCall.ZeroTerminated(path))
        fixed (ulong* offsetPointer = offsets)
        fixed (ulong* semaphorePointer = semaphoreOffsets)
        fixed (ulong* cookiePointer = cookies)
        {
            LinkCreateAttr attributes = default;
            attributes.UprobePath = (ulong)file;
            attributes.UprobeOffsets = (ulong)offsetPointer;
            attributes.UprobeRefCtrOffsets = (ulong)semaphorePointer;
            attributes.UprobeCookies = (ulong)cookiePointer;
            attributes.UprobeCount = (uint)offsets.Length;
            attributes.UprobeFlags = atReturn ? 1u : 0;
            attributes.UprobePid = (uint)pid;
            BpfAttachType type = program.ExpectedAttachType == BpfAttachType.TraceUprobeSession
                ? BpfAttachType.TraceUprobeSession
                : BpfAttachType.TraceUprobeMulti;
            return new UprobeMultiLink(Create(program, type, ref attributes, place), place);
        }
    }
}
