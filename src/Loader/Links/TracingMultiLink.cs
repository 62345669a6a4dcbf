namespace P3Ebpf.Loader.Links;

/// <summary>A program that watches many kernel functions through their trampolines (fentry.multi, fexit.multi, fsession.multi). Linux 7.2, x86-64.</summary>
public sealed unsafe class TracingMultiLink : BpfLink
{
    private TracingMultiLink(BpfProgram program, BpfHandle handle, string place, int count)
        : base(handle, place, program) => FunctionCount = count;

    /// <summary>To how many functions the program was attached.</summary>
    public int FunctionCount { get; }

    /// <summary>Attaches a program to all functions that a pattern matches and that may be traced so.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Tracing"/>, loaded for the attach type of <paramref name="functions"/>.</param>
    /// <param name="functions">The functions, of the kernel itself.</param>
    /// <param name="options">The cookie, for all functions.</param>
    /// <exception cref="BpfException">Nothing matches, or the kernel refuses.</exception>
    public static TracingMultiLink Attach(BpfProgram program, BpfTracingMulti functions, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functions);
        string place = $"{(program.Spec?.SectionName ?? functions.Type.ToString()).Split('/')[0]} of {functions}";
        if (functions.Module is not (null or "vmlinux"))
            throw new BpfException(Attaching(program, place), Errno.EINVAL, hint: "P3Ebpf watches functions of the kernel itself so, not of modules: watch those one by one (fentry), or by kprobe.multi.");
        uint[] ids = IdsOf(functions.Pattern);
        if (ids.Length == 0)
            throw new BpfException(Attaching(program, place), Errno.ENOENT, hint: "No function that the kernel's BTF describes and that may be traced matches.");
        ulong cookie = options?.Cookie ?? 0;
        return Attach(program, ids, place, cookie == 0 ? [] : [.. Enumerable.Repeat(cookie, ids.Length)]);
    }

    /// <summary>Attaches a program to functions by their numbers in the kernel's BTF.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Tracing"/>, loaded for one of the attach types of its name.</param>
    /// <param name="functionBtfIds">The functions, each once.</param>
    /// <param name="cookies">A number for each function, which the program can ask for; empty for none.</param>
    /// <exception cref="ArgumentException">There are not as many cookies as functions.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static TracingMultiLink Attach(BpfProgram program, IReadOnlyList<BtfTypeId> functionBtfIds, IReadOnlyList<ulong>? cookies = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functionBtfIds);
        ulong[] numbers = new BpfMultiProbeOptions { Cookies = cookies ?? [] }.CookiesFor(functionBtfIds.Count);
        return Attach(program, [.. functionBtfIds.Select(id => id.Value)], $"{functionBtfIds.Count} functions", numbers);
    }

    private static TracingMultiLink Attach(BpfProgram program, uint[] ids, string place, ulong[] cookies)
    {
        fixed (uint* idPointer = ids)
        fixed (ulong* cookiePointer = cookies)
        {
            LinkCreateAttr attributes = default;
            attributes.TracingMultiIds = (ulong)idPointer;
            attributes.TracingMultiCookies = (ulong)cookiePointer;
            attributes.TracingMultiCount = (uint)ids.Length;
            return new TracingMultiLink(program, Create(program, program.ExpectedAttachType, ref attributes, place, Hint), place, ids.Length);
        }
    }

    /// <summary>The functions of the kernel's BTF that match, each name once: what programs of this kind can watch.</summary>
    /// <remarks>Rule: libbpf's <c>collect_btf_func_ids_by_glob</c> and <c>btf_type_is_traceable_func</c>.</remarks>
    private static uint[] IdsOf(string pattern)
    {
        BtfSpec types = Kernel.Running.Types;
        HashSet<string> traceable = TraceableFunctions.Names();
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<uint> ids = [];
        foreach (BtfType type in types.OwnTypes)
        {
            if (type.Kind != BtfKind.Func)
                continue;
            string name = type.Name.ToString();
            if (TraceableFunctions.IsMatch(pattern, name) && (traceable.Count == 0 || traceable.Contains(name)) && IsTraceable(types, type.Target) && seen.Add(name))
                ids.Add(type.Id.Value);
        }

        return [.. ids];
    }

    private static bool IsTraceable(BtfSpec types, BtfType prototype)
    {
        const int MostParameters = 12; // MAX_BPF_FUNC_ARGS
        const int LargestParameter = 16;
        if (prototype.Kind != BtfKind.FuncProto || prototype.Parameters.Count > MostParameters)
            return false;
        BtfType result = types.ResolveModifiers(prototype.TargetId);
        if (result.Kind is BtfKind.Struct or BtfKind.Union)
            return false;
        foreach (BtfParameter parameter in prototype.Parameters)
        {
            // The last one without a type stands for "...".
            BtfType type = types.ResolveModifiers(parameter.TypeId);
            if (type.Kind is BtfKind.Void or BtfKind.Fwd || (type.Kind is BtfKind.Struct or BtfKind.Union && type.Size > LargestParameter))
                return false;
        }

        return true;
    }

    private static string? Hint(int error) => error switch
    {
        Errno.EINVAL => "One of the functions may not be watched so, is named twice, or for programs that sleep may not sleep.",
        Errno.EOPNOTSUPP => "This architecture has it not: it takes CONFIG_HAVE_SINGLE_FTRACE_DIRECT_OPS, which x86-64 has.",
        Errno.E2BIG => "There are more functions than one link can have.",
        _ => null,
    };
}
