using System.Text;

namespace P3Ebpf.Loader.Links;

/// <summary>An event of tracefs's <c>kprobe_events</c> or <c>uprobe_events</c>, by which probes were made before perf events knew them.</summary>
internal sealed class LegacyProbe : IDisposable
{
    private static int _count;

    private readonly BpfHandle _commands; // held open, so that removing the event needs nothing that may have run out
    private readonly string _event;

    private LegacyProbe(BpfHandle commands, string name)
    {
        _commands = commands;
        _event = name;
    }

    /// <summary>The event's id, which perf_event_open takes as that of a tracepoint.</summary>
    public int Id { get; private init; }

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
        int error = traceFs.TryOpen(file, out BpfHandle? commands);
        if (error == Errno.ENOENT)
            throw BpfException.NotSupported(action, $"The kernel needs {kind} support (CONFIG_{kind.ToUpperInvariant()}_EVENTS)");
        if (error == 0)
            error = TraceFs.Write(commands!, $"{(atReturn ? 'r' : 'p')}:{name} {place}");
        if (error != 0)
        {
            commands?.Dispose();
            throw new BpfException(action, error, hint: hint(error));
        }

        try
        {
            return new LegacyProbe(commands!, name) { Id = traceFs.GetTracepointId(group, name[(group.Length + 1)..]) };
        }
        catch
        {
            new LegacyProbe(commands!, name).Dispose();
            throw;
        }
    }

    /// <summary>Removes the event. While something is attached to it the kernel keeps it.</summary>
    public void Dispose()
    {
        if (_commands.IsClosed)
            return;

        // It would outlive the process.
        if (TraceFs.Write(_commands, $"-:{_event}") != 0)
            _ = TraceFs.Write(_commands, $"-:{_event}");
        _commands.Dispose();
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
