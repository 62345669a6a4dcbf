
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a place in an executable or shared library.</summary>
public sealed unsafe class UprobeLink : PerfEventLink
{
    private const int RefCtrShift = 32; // where config holds the semaphore's offset

    private UprobeLink((BpfHandle, bool) attached, string place)
        : base(attached, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/>.</param>
    /// <param name="path">The file.</param>
    /// <param name="offset">The place in bytes from the file's beginning (not an address).</param>
    /// <param name="atReturn">Whether it runs when the function there returns.</param>
    /// <param name="pid">The process to watch; -1 for all.</param>
    /// <param name="semaphoreOffset">The offset in the file of a USDT semaphore to raise; 0 for none.</param>
    /// <param name="cookie">A number the program can ask for; needs Linux 5.15.</param>
    /// <exception cref="BpfException">The file is missing, or the kernel refuses.</exception>
    public static UprobeLink Attach(
        BpfProgram program, string path, ulong offset, bool atReturn = false, int pid = -1, uint semaphoreOffset = 0, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = $"{(atReturn ? "uretprobe" : "uprobe")} {path}+0x{offset:x}";
        fixed (byte* file = BpfSystemCall.ZeroTerminated(path))
        {
            PerfEventAttr attributes = default;
            attributes.Type = ProbeSource.TypeOf("uprobe");
            attributes.Config = (atReturn ? ProbeSource.ReturnFlag("uprobe") : 0) | ((ulong)semaphoreOffset << RefCtrShift);
            attributes.Config1 = (ulong)file;
            attributes.Config2 = offset;
            return new UprobeLink(Open(program, ref attributes, pid, cookie, place), place);
        }
    }
}
