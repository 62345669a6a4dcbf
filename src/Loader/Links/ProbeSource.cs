using System.Globalization;

namespace P3Ebpf.Loader.Links;

/// <summary>The dynamic perf event sources of kprobes and uprobes, as sysfs describes them.</summary>
internal static class ProbeSource
{
    /// <summary>Whether such a probe goes through a perf event, and not through tracefs.</summary>
    public static bool UsesPerf(string source, BpfProbeMode mode) => mode != BpfProbeMode.Legacy && (mode != BpfProbeMode.Automatic || File.Exists(TypePath(source)));

    /// <summary>The perf event type of <c>kprobe</c> or <c>uprobe</c>.</summary>
    /// <exception cref="BpfException">The kernel has none.</exception>
    public static uint TypeOf(string source)
    {
        string path = TypePath(source);
        if (!File.Exists(path))
            throw BpfException.NotSupported($"opening a {source}", $"{path} is missing: the kernel needs {source} support (CONFIG_{source.ToUpperInvariant()}_EVENTS)");
        return uint.Parse(File.ReadAllText(path), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }

    /// <summary>The configuration bit that makes it a probe of the return.</summary>
    public static ulong ReturnFlag(string source)
    {
        string format = File.ReadAllText($"/sys/bus/event_source/devices/{source}/format/retprobe"); // config:0
        return 1UL << int.Parse(format.Trim().Split(':')[^1], CultureInfo.InvariantCulture);
    }

    private static string TypePath(string source) => $"/sys/bus/event_source/devices/{source}/type";
}
