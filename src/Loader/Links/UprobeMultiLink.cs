namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to many places of an executable or library at once. Linux 6.6.</summary>
public sealed unsafe class UprobeMultiLink : BpfLink
{
    private UprobeMultiLink(BpfProgram program, BpfHandle handle, string place, int count)
        : base(handle, place, program) => PlaceCount = count;

    /// <summary>To how many places the program was attached.</summary>
    public int PlaceCount { get; }

    /// <summary>Attaches a program to all functions that a pattern matches.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/> loaded for
    /// <see cref="BpfAttachType.TraceUprobeMulti"/> or <see cref="BpfAttachType.TraceUprobeSession"/>.</param>
    /// <param name="functions">File and pattern, such as <c>new("libc.so.6", "mem*", AtReturn: false, IsSession: false)</c>; a name may have a version.</param>
    /// <param name="options">The process, and the cookie, for all places.</param>
    /// <exception cref="BpfException">There is no such file, nothing matches, or the kernel refuses.</exception>
    public static UprobeMultiLink Attach(BpfProgram program, BpfUprobeMulti functions, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functions);
        string place = functions.ToString();
        using UprobeTarget target = UprobeTarget.Open(functions.Binary, Attaching(program, place));
        ulong[] offsets = functions.Pattern.AsSpan().ContainsAny('*', '?')
            ? [.. target.Match(functions.Pattern).Select(function => function.Offset)]
            : [target.OffsetOf(functions.Pattern)];
        ulong cookie = options?.Cookie ?? 0;
        return Create(program, target.Path, offsets, [], cookie == 0 ? [] : [.. offsets.Select(_ => cookie)], functions.AtReturn, functions.IsSession, options?.ProcessId, place);
    }

    /// <summary>Attaches a program to functions by their names, or in one file at byte offsets.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/> loaded for
    /// <see cref="BpfAttachType.TraceUprobeMulti"/> or <see cref="BpfAttachType.TraceUprobeSession"/>.</param>
    /// <param name="binary">The file, or a name that is looked up as the dynamic linker and the shell do.</param>
    /// <param name="functions">The functions, perhaps with versions.</param>
    /// <param name="options">Whether at return, the process, and cookies.</param>
    /// <exception cref="BpfException">There is no such file or function, or the kernel refuses.</exception>
    public static UprobeMultiLink Attach(BpfProgram program, string binary, IReadOnlyList<string> functions, BpfMultiProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functions);
        options ??= new BpfMultiProbeOptions();
        string place = new BpfUprobeMulti(binary, $"{functions.Count} functions", options.AtReturn, options.IsSession).ToString();
        using UprobeTarget target = UprobeTarget.Open(binary, Attaching(program, place));
        return Attach(program, target.Path, [.. functions.Select(target.OffsetOf)], options, place);
    }

    /// <summary>Attaches a program to places by their byte offsets in a file.</summary>
    /// <param name="program">The program.</param>
    /// <param name="path">The file.</param>
    /// <param name="offsets">The places, in bytes from the beginning of the file.</param>
    /// <param name="options">Whether at return, the process, and cookies.</param>
    /// <exception cref="BpfException">There is no such file, or the kernel refuses.</exception>
    public static UprobeMultiLink Attach(BpfProgram program, string path, IReadOnlyList<ulong> offsets, BpfMultiProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(offsets);
        options ??= new BpfMultiProbeOptions();
        return Attach(program, path, offsets, options, new BpfUprobeMulti(path, $"{offsets.Count} places", options.AtReturn, options.IsSession).ToString());
    }

    private static UprobeMultiLink Attach(BpfProgram program, string path, IReadOnlyList<ulong> offsets, BpfMultiProbeOptions options, string place) =>
        Create(program, path, [.. offsets], [], options.CookiesFor(offsets.Count), options.AtReturn, options.IsSession, options.ProcessId, place);

    /// <summary>Semaphores and cookies are one for each place, or none.</summary>
    internal static UprobeMultiLink Create(
        BpfProgram program, string path, ulong[] offsets, ulong[] semaphores, ulong[] cookies, bool atReturn, bool isSession, int? processId, string place)
    {
        fixed (byte* file = BpfSystemCall.ZeroTerminated(path))
        fixed (ulong* offsetPointer = offsets)
        fixed (ulong* semaphorePointer = semaphores)
        fixed (ulong* cookiePointer = cookies)
        {
            LinkCreateAttr attributes = default;
            attributes.UprobePath = (ulong)file;
            attributes.UprobeOffsets = (ulong)offsetPointer;
            attributes.UprobeRefCtrOffsets = (ulong)semaphorePointer;
            attributes.UprobeCookies = (ulong)cookiePointer;
            attributes.UprobeCount = (uint)offsets.Length;
            attributes.UprobeFlags = atReturn ? 1u : 0;
            attributes.UprobePid = (uint)(processId ?? 0);
            BpfAttachType type = isSession || program.ExpectedAttachType == BpfAttachType.TraceUprobeSession
                ? BpfAttachType.TraceUprobeSession
                : BpfAttachType.TraceUprobeMulti;
            return new UprobeMultiLink(program, Create(program, type, ref attributes, place, error => Hint(error, path, processId)), place, offsets.Length);
        }
    }

    private static string? Hint(int error, string path, int? processId) => error switch
    {
        Errno.ESRCH => $"There is no process {processId}.",
        Errno.EBADF => $"{path} is no regular file.",
        _ => null,
    };
}
