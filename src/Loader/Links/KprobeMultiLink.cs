using System.Globalization;
using System.IO.Enumeration;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Links;

/// <summary>How a program is attached to many functions at once.</summary>
public sealed record BpfMultiProbeOptions
{
    /// <summary>Whether it runs when the functions return.</summary>
    public bool AtReturn { get; init; }

    /// <summary>Whether it runs at entry and return, and may skip the return (Linux 6.10; 6.13 for programs and libraries). The program must be loaded for it.</summary>
    public bool IsSession { get; init; }

    /// <summary>A number for each function, which the program can ask for; empty for none.</summary>
    public IReadOnlyList<ulong> Cookies { get; init; } = [];

    /// <summary>The process to watch, for places of programs and libraries; <see langword="null"/> for all.</summary>
    public int? ProcessId { get; init; }

    internal ulong[] CookiesFor(int count) => Cookies.Count == 0 || Cookies.Count == count
        ? [.. Cookies]
        : throw new ArgumentException($"There are {Cookies.Count} cookies for {count} places.");
}

/// <summary>A program attached to many kernel functions at once. Linux 5.18.</summary>
public sealed unsafe class KprobeMultiLink : BpfLink
{
    private KprobeMultiLink(BpfProgram program, BpfHandle handle, string place, int count)
        : base(handle, place, program) => FunctionCount = count;

    /// <summary>To how many functions the program was attached.</summary>
    public int FunctionCount { get; }

    /// <summary>Attaches a program to all functions that a pattern matches.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/> loaded for
    /// <see cref="BpfAttachType.TraceKprobeMulti"/> or <see cref="BpfAttachType.TraceKprobeSession"/>.</param>
    /// <param name="functions">The pattern, such as <c>vfs_*</c>. It is compared with what tracefs lists in <c>available_filter_functions</c>.</param>
    /// <param name="options">The cookie, for all functions.</param>
    /// <exception cref="BpfException">Nothing matches, or the kernel refuses.</exception>
    public static KprobeMultiLink Attach(BpfProgram program, BpfKprobeMulti functions, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functions);
        ulong cookie = options?.Cookie ?? 0;
        var multi = new BpfMultiProbeOptions { AtReturn = functions.AtReturn, IsSession = functions.IsSession };
        if (!functions.Pattern.AsSpan().ContainsAny('*', '?'))
            return Attach(program, [functions.Pattern], multi with { Cookies = cookie == 0 ? [] : [cookie] });

        string place = functions.ToString();
        ulong[] addresses = TraceableFunctions.Matching(functions.Pattern);
        if (addresses.Length == 0 && !KernelFeature.KprobeMulti.IsSupported())
            throw BpfException.NotSupported(Attaching(program, place), "Many kernel functions through one link need Linux 5.18, built with fprobes (CONFIG_FPROBE)");
        if (addresses.Length == 0)
            throw new BpfException(Attaching(program, place), Errno.ENOENT, hint: "No function that may be traced matches; tracefs lists them in available_filter_functions.");
        ulong[] cookies = cookie == 0 ? [] : [.. Enumerable.Repeat(cookie, addresses.Length)];
        return Create(program, [], addresses, cookies, multi, place);
    }

    /// <summary>Attaches a program to functions by their names.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/> loaded for
    /// <see cref="BpfAttachType.TraceKprobeMulti"/> or <see cref="BpfAttachType.TraceKprobeSession"/>.</param>
    /// <param name="functions">The functions' exact names, as in <c>available_filter_functions</c>.</param>
    /// <param name="options">Whether at return, and cookies.</param>
    /// <exception cref="BpfException">A function is unknown, or the kernel refuses.</exception>
    public static KprobeMultiLink Attach(BpfProgram program, IReadOnlyList<string> functions, BpfMultiProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functions);
        options ??= new BpfMultiProbeOptions();
        string kind = new BpfKprobeMulti(functions.Count == 1 ? functions[0] : $"of {functions.Count} functions", options.AtReturn, options.IsSession).ToString();
        ulong[] names = [.. functions.Select(name => (ulong)Marshal.StringToCoTaskMemUTF8(name))];
        try
        {
            return Create(program, names, [], options.CookiesFor(names.Length), options, kind, functions);
        }
        finally
        {
            foreach (ulong name in names)
                Marshal.FreeCoTaskMem((nint)name);
        }
    }

    private static KprobeMultiLink Create(
        BpfProgram program, ulong[] names, ulong[] addresses, ulong[] cookies, BpfMultiProbeOptions options, string place, IReadOnlyList<string>? wanted = null)
    {
        fixed (ulong* namePointers = names)
        fixed (ulong* addressPointer = addresses)
        fixed (ulong* cookiePointer = cookies)
        {
            int count = Math.Max(names.Length, addresses.Length);
            LinkCreateAttr attributes = default;
            attributes.KprobeSymbols = (ulong)namePointers;
            attributes.KprobeAddresses = (ulong)addressPointer;
            attributes.KprobeCount = (uint)count;
            attributes.KprobeCookies = (ulong)cookiePointer;
            attributes.KprobeFlags = options.AtReturn ? 1u : 0;
            BpfAttachType type = options.IsSession || program.ExpectedAttachType == BpfAttachType.TraceKprobeSession
                ? BpfAttachType.TraceKprobeSession
                : BpfAttachType.TraceKprobeMulti;
            return new KprobeMultiLink(program, Create(program, type, ref attributes, place, error => Hint(error, wanted)), place, count);
        }
    }

    private static string? Hint(int error, IReadOnlyList<string>? wanted) => error switch
    {
        // The kernel looks the names up and says ESRCH when it finds fewer than it was given.
        Errno.ESRCH or Errno.ENOENT when wanted is [string only] => FunctionNames.Suggest(only),
        Errno.ESRCH or Errno.ENOENT => "One of them is no function of this kernel, or may not be traced; tracefs lists those that may in available_filter_functions.",
        Errno.EOPNOTSUPP => "The kernel was built without fprobes (CONFIG_FPROBE).",
        _ => null,
    };
}

/// <summary>The functions that the kernel's tracer can attach to.</summary>
internal static class TraceableFunctions
{
    /// <summary>The addresses of all whose name matches a pattern.</summary>
    /// <remarks>Rule: libbpf's <c>libbpf_available_kprobes_parse</c> (Linux 6.5) and <c>libbpf_available_kallsyms_parse</c>.</remarks>
    public static ulong[] Matching(string pattern)
    {
        using TraceFs traceFs = TraceFs.Open();
        var addresses = new SortedSet<ulong>();
        foreach (string line in traceFs.ReadLines("available_filter_functions_addrs"))
        {
            // "ffffffff81001000 do_one_initcall" and, for modules, a tab and the module's name.
            string[] fields = line.Split([' ', '\t'], 3);
            if (fields.Length > 1 && IsMatch(pattern, fields[1]) && TryParse(fields[0], out ulong address))
                _ = addresses.Add(address);
        }

        if (addresses.Count != 0)
            return [.. addresses];

        HashSet<string> names = [.. traceFs.ReadLines("available_filter_functions").Select(line => line.Split([' ', '\t'], 2)[0]).Where(name => IsMatch(pattern, name))];
        foreach (string line in names.Count == 0 ? [] : File.ReadLines(KernelSymbols.Path))
        {
            string[] fields = line.Split([' ', '\t'], 4);
            // Linkers that optimise append .llvm.HASH, which tracefs leaves out.
            if (fields.Length > 2 && names.Contains(fields[2].Split(".llvm.")[0]) && TryParse(fields[0], out ulong address) && address != 0)
                _ = addresses.Add(address);
        }

        return [.. addresses];
    }

    /// <summary>The names of those that may be traced; empty where tracefs does not list them.</summary>
    public static HashSet<string> Names()
    {
        using TraceFs traceFs = TraceFs.Open();
        return [.. traceFs.ReadLines("available_filter_functions").Select(line => line.Split([' ', '\t'], 2)[0])];
    }

    public static bool IsMatch(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private static bool TryParse(string text, out ulong address) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
}
