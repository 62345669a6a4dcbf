using System.Globalization;

namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a place in an executable or shared library.</summary>
public sealed unsafe class UprobeLink : PerfEventLink
{
    private const int RefCtrShift = 32; // where config holds the semaphore's offset

    private UprobeLink(BpfProgram program, PerfEventAttachment attachment, string place, LegacyProbe? probe = null)
        : base(program, attachment, place, probe)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/>.</param>
    /// <param name="uprobe">
    /// The place, such as <c>new("libc.so.6", "malloc", Offset: 0, AtReturn: false)</c>. A name without slash is looked up as the dynamic linker
    /// and the shell do; without function the offset counts from the beginning of the file.
    /// </param>
    /// <param name="options">The process, the cookie, the semaphore, and by which interface.</param>
    /// <exception cref="BpfException">There is no such file or function, or the kernel refuses.</exception>
    public static UprobeLink Attach(BpfProgram program, BpfUprobe uprobe, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(uprobe);
        string place = uprobe.ToString();
        string action = Attaching(program, place);
        if (uprobe.Function.Length == 0)
            return Attach(program, BinarySearch.Find(Kernel.Running.Files, uprobe.Binary, action), uprobe.Offset, uprobe.AtReturn, options ?? BpfProbeOptions.Default, place);
        using UprobeTarget target = UprobeTarget.Open(uprobe.Binary, action);
        ulong offset = checked(target.OffsetOf(uprobe.Function) + uprobe.Offset);
        return Attach(program, target.Path, offset, uprobe.AtReturn, options ?? BpfProbeOptions.Default, place);
    }

    /// <summary>Attaches a program to a place that is known by its byte offset in the file.</summary>
    internal static UprobeLink Attach(BpfProgram program, string path, ulong offset, bool atReturn, BpfProbeOptions options, string place)
    {
        string action = Attaching(program, place);
        if (options.SemaphoreOffset > uint.MaxValue)
            throw new BpfException(action, Errno.EINVAL, hint: "The kernel takes 32 bits for the offset of a semaphore.");
        if (!ProbeSource.UsesPerf("uprobe", options.Mode))
        {
            string semaphore = options.SemaphoreOffset == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"(0x{options.SemaphoreOffset:x})");
            LegacyProbe probe = LegacyProbe.Create("uprobe", string.Create(CultureInfo.InvariantCulture, $"{path}:0x{offset:x}{semaphore}"), atReturn, action, error => Hint(error, path, offset));
            return new UprobeLink(program, AttachTo(program, probe, options, place), place, probe);
        }

        if (options.SemaphoreOffset != 0 && !File.Exists("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset"))
            throw BpfException.NotSupported(action, "The probe has a semaphore, and raising it needs Linux 4.20");
        fixed (byte* file = BpfSystemCall.ZeroTerminated(path))
        {
            PerfEventAttr attributes = default;
            attributes.Type = ProbeSource.TypeOf("uprobe");
            attributes.Config = (atReturn ? ProbeSource.ReturnFlag("uprobe") : 0) | (options.SemaphoreOffset << RefCtrShift);
            attributes.Config1 = (ulong)file;
            attributes.Config2 = offset;
            return new UprobeLink(program, AttachTo(program, ref attributes, options, place, error => Hint(error, path, offset)), place);
        }
    }

    private static string? Hint(int error, string path, ulong offset) => error switch
    {
        Errno.ENOENT => $"There is no file {path}.",
        Errno.EINVAL => $"Byte 0x{offset:x} of {path} cannot be probed: it lies behind the end, or {path} is no regular file.",
        Errno.ENOTSUPP or Errno.EOPNOTSUPP => $"No instruction that can be probed begins at byte 0x{offset:x} of {path}.",
        Errno.EILSEQ => $"No instruction begins at byte 0x{offset:x} of {path}.",
        _ => null,
    };
}
