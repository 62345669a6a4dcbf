using System.Globalization;

namespace P3Ebpf.Loader.Links;

/// <summary>The dynamic perf event sources of kprobes and uprobes, as sysfs describes them.</summary>
internal static class ProbeSource
{
    private const string Directory = "/sys/bus/event_source/devices";

    /// <summary>Whether such a probe goes through a perf event, and not through tracefs.</summary>
    public static bool UsesPerf(string source, BpfProbeMode mode) => mode != BpfProbeMode.Legacy && (mode != BpfProbeMode.Automatic || File.Exists($"{Directory}/{source}/type"));

    /// <summary>The perf event type of <c>kprobe</c> or <c>uprobe</c>.</summary>
    /// <exception cref="BpfException">The kernel has none.</exception>
    public static uint TypeOf(string source) => uint.Parse(Read(source, "type"), CultureInfo.InvariantCulture);

    /// <summary>The configuration bit that makes it a probe of the return.</summary>
    /// <exception cref="BpfException">The kernel has none.</exception>
    public static ulong ReturnFlag(string source) => 1UL << int.Parse(Read(source, "format/retprobe").Split(':')[^1], CultureInfo.InvariantCulture); // config:0

    private static string Read(string source, string file)
    {
        string path = $"{Directory}/{source}/{file}";
        string action = $"opening a {source}";
        int error = Libc.TryReadText(path, out string text);
        return error switch
        {
            0 => text.Trim(),
            Errno.ENOENT => throw BpfException.NotSupported(action, $"{path} is missing: the kernel needs {source} support (CONFIG_{source.ToUpperInvariant()}_EVENTS)"),
            _ => throw new BpfException($"{action} (reading {path})", error),
        };
    }
}
