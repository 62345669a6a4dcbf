using System.Text;

namespace P3Ebpf.Loader.Links;

/// <summary>An event of tracefs's <c>kprobe_events</c> or <c>uprobe_events</c>, by which probes were made before perf events knew them.</summary>
internal sealed class LegacyProbe : IDisposable
{
    private static int _count;

    private readonly string _file;
    private readonly string _event;

    private LegacyProbe(string file, string name, int id)
    {
        _file = file;
        _event = name;
        Id = id;
    }

    /// <summary>The event's id, which perf_event_open takes as that of a tracepoint.</summary>
    public int Id { get; }

    /// <summary>Makes an event.</summary>
    /// <param name="kind"><c>kprobe</c> or <c>uprobe</c>.</param>
    /// <param name="place">The place as the kernel writes it: <c>vfs_read+0x0</c>, <c>/bin/sh:0x1234</c>.</param>
    /// <param name="atReturn">Whether it happens when the function returns.</param>
    /// <param name="action">What is being done, for messages.</param>
    /// <param name="hint">What to do about an error.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static LegacyProbe Create(string kind, string place, bool atReturn, string action, Func<int, string?> hint)
    {
        string group = $"p3ebpf_{kind}s";
        string name = $"{group}/p3_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}_{Identifier(place)}";
        string file = $"{kind}_events";
        using TraceFs traceFs = TraceFs.Open();
        int error = traceFs.Write(file, $"{(atReturn ? 'r' : 'p')}:{name} {place}");
        if (error == Errno.ENOENT && !File.Exists(Path.Combine(traceFs.Root, file)))
            throw BpfException.NotSupported(action, $"The kernel needs {kind} support (CONFIG_{kind.ToUpperInvariant()}_EVENTS)");
        if (error != 0)
            throw new BpfException(action, error, hint: hint(error));
        try
        {
            return new LegacyProbe(file, name, traceFs.GetTracepointId(group, name[(group.Length + 1)..]));
        }
        catch
        {
            _ = traceFs.Write(file, $"-:{name}");
            throw;
        }
    }

    /// <summary>Removes the event. While something is attached to it the kernel keeps it.</summary>
    public void Dispose()
    {
        using TraceFs traceFs = TraceFs.Open();
        _ = traceFs.Write(_file, $"-:{_event}");
    }

    /// <summary>The kernel takes 64 characters, and letters, digits and underscores only.</summary>
    private static string Identifier(string place)
    {
        const int Length = 24;
        var name = new StringBuilder();
        foreach (char c in place.Length > Length ? place[^Length..] : place)
            _ = name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        return name.ToString();
    }
}
