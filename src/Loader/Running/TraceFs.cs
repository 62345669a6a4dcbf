using System.Globalization;
using System.Text;

namespace P3Ebpf.Loader.Running;

/// <summary>The kernel's tracepoints by name. Uses a mounted tracefs, else one that is mounted nowhere and leaves no trace.</summary>
public sealed unsafe class TraceFs : IDisposable
{
    private readonly BpfHandle? _mount;

    private TraceFs(string root, BpfHandle? mount)
    {
        Root = root;
        _mount = mount;
    }

    /// <summary>The directory that holds <c>events</c>, valid until this object is disposed.</summary>
    public string Root { get; }

    /// <summary>Whether tracefs is mounted where everybody sees it.</summary>
    public bool IsMounted => _mount is null;

    /// <summary>Opens tracefs.</summary>
    /// <exception cref="BpfException">It is not mounted and this process may not mount it, or the kernel has none.</exception>
    public static TraceFs Open()
    {
        // Only the table of mounts is asked: merely looking at /sys/kernel/debug/tracing would mount tracefs there.
        string? mounted = FindMount();
        if (mounted is not null)
            return new TraceFs(mounted, null);

        BpfHandle mount = MountDetached();
        return new TraceFs($"/proc/self/fd/{mount.Descriptor}", mount);
    }

    /// <summary>The id of a tracepoint, which perf_event_open takes.</summary>
    /// <param name="category">The event's directory, such as <c>sched</c>.</param>
    /// <param name="name">The event, such as <c>sched_switch</c>.</param>
    /// <exception cref="BpfException">There is no such tracepoint; the hint names similar ones.</exception>
    public int GetTracepointId(string category, string name)
    {
        string action = $"finding tracepoint {category}/{name}";
        if (category.Contains('/', StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))
            throw new BpfException(action, Errno.EINVAL, hint: "A tracepoint is named CATEGORY/NAME.");
        int error = Libc.TryReadText(Path.Combine(Root, "events", category, name, "id"), out string text);
        return error switch
        {
            0 => int.Parse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture),
            Errno.ENOENT => throw new BpfException(action, error, hint: Suggest(category, name)),
            Errno.EACCES => throw new BpfException(action, error, hint: $"{Root} may be read by root only."),
            _ => throw new BpfException(action, error),
        };
    }

    /// <summary>The categories, or the tracepoints of one category, sorted by name.</summary>
    /// <param name="category">A category; null for the categories themselves.</param>
    public IReadOnlyList<string> List(string? category = null)
    {
        string directory = Path.Combine(Root, "events", category ?? "");
        if (!Directory.Exists(directory))
            return [];
        return [.. Directory.EnumerateDirectories(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
    }

    /// <summary>The lines of one of tracefs's lists; none where the kernel has no such list, or does not show it.</summary>
    internal IEnumerable<string> ReadLines(string file)
    {
        string path = Path.Combine(Root, file);
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Opens one of tracefs's files that take commands, such as <c>kprobe_events</c>; it stays usable when this object is disposed.</summary>
    /// <returns>0, or the error number.</returns>
    internal int TryOpen(string file, out BpfHandle? commands)
    {
        int descriptor = Libc.Open(Path.Combine(Root, file), Libc.OpenCloseOnExec | Libc.OpenWriteOnly | Libc.OpenAppend);
        commands = descriptor < 0 ? null : BpfHandle.Own(descriptor);
        return descriptor < 0 ? -Libc.NegativeError : 0;
    }

    /// <summary>Gives a command.</summary>
    /// <returns>0, or the error number.</returns>
    internal static int Write(BpfHandle commands, string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        using BpfHandle.Use use = commands.Borrow();
        fixed (byte* pointer = bytes)
            return Libc.Write(use.Descriptor, pointer, (nuint)bytes.Length) < 0 ? -Libc.NegativeError : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _mount?.Dispose();

    private string Suggest(string category, string name)
    {
        IReadOnlyList<string> names = List(category);
        return names.Count > 0
            ? NearNames.Suggest($"This kernel has no such tracepoint in '{category}'", name, names)
            : NearNames.Suggest($"This kernel has no category '{category}'", category, List());
    }

    private static string? FindMount()
    {
        string[] points =
        [
            .. File.ReadLines("/proc/self/mounts")
                .Select(line => line.Split(' '))
                .Where(fields => fields.Length > 2 && fields[2] == "tracefs")
                .Select(fields => fields[1].Replace("\\040", " ", StringComparison.Ordinal)),
        ];
        return points.Contains("/sys/kernel/tracing") ? "/sys/kernel/tracing" : points.FirstOrDefault();
    }

    private static BpfHandle MountDetached()
    {
        const nint CloseOnExec = 1; // FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC
        const nint Create = 6; // FSCONFIG_CMD_CREATE

        fixed (byte* type = "tracefs\0"u8)
        {
            using BpfHandle context = Check(Libc.SystemCall(SystemCallNumbers.FsOpen, (nint)type, CloseOnExec, 0, 0, 0));
            if (Libc.SystemCall(SystemCallNumbers.FsConfig, context.Descriptor, Create, 0, 0, 0) < 0)
                throw CannotMount(-Libc.NegativeError);
            return Check(Libc.SystemCall(SystemCallNumbers.FsMount, context.Descriptor, CloseOnExec, 0, 0, 0));
        }
    }

    private static BpfHandle Check(nint descriptor) =>
        descriptor >= 0 ? BpfHandle.Own((int)descriptor) : throw CannotMount(-Libc.NegativeError);

    private static BpfException CannotMount(int error) => new("opening tracefs", error, hint: error switch
    {
        Errno.ENODEV => "This kernel has no tracepoints (CONFIG_FTRACE).",
        Errno.ENOSYS => "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing",
        _ => "tracefs is not mounted, and using it unmounted needs CAP_SYS_ADMIN: run as root, or mount -t tracefs tracefs /sys/kernel/tracing",
    });
}
