using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to many kernel functions at once. Linux 5.18.</summary>
public sealed unsafe class KprobeMultiLink : BpfLink
{
    private KprobeMultiLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/> loaded for
    /// <see cref="BpfAttachType.TraceKprobeMulti"/> or <see cref="BpfAttachType.TraceKprobeSession"/>.</param>
    /// <param name="functions">The functions' exact names, as in <c>available_filter_functions</c>.</param>
    /// <param name="atReturn">Whether it runs when the functions return.</param>
    /// <param name="cookies">A number for each function; empty for none.</param>
    /// <exception cref="BpfException">A function is unknown, or the kernel refuses.</exception>
    public static KprobeMultiLink Attach(
        BpfProgram program, IReadOnlyList<string> functions, bool atReturn = false, ReadOnlySpan<ulong> cookies = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(functions);
        if (!cookies.IsEmpty && cookies.Length != functions.Count)
            throw new ArgumentException("There must be as many cookies as functions.", nameof(cookies));

        string place = functions.Count == 1 ? $"kprobe.multi {functions[0]}" : $"kprobe.multi of {functions.Count} functions";
        ulong[] names = [.. functions.Select(name => (ulong)Marshal.StringToCoTaskMemUTF8(name))];
        try
        {
            fixed (ulong* namePointers = names)
            fixed (ulong* cookiePointers = cookies)
            {
                LinkCreateAttr attributes = default;
                attributes.KprobeSymbols = (ulong)namePointers;
                attributes.KprobeCount = (uint)names.Length;
                attributes.KprobeCookies = (ulong)cookiePointers;
                attributes.KprobeFlags = atReturn ? 1u : 0;
                BpfAttachType type = program.ExpectedAttachType == BpfAttachType.TraceKprobeSession
                    ? BpfAttachType.TraceKprobeSession
                    : BpfAttachType.TraceKprobeMulti;
                return new KprobeMultiLink(Create(program, type, ref attributes, place), place);
            }
        }
        finally
        {
            foreach (ulong name in names)
                Marshal.FreeCoTaskMem((nint)name);
        }
    }
}
