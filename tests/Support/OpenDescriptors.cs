namespace P3Ebpf.TestSupport;

/// <summary>What a test that uses the kernel must not leave behind.</summary>
internal static class OpenDescriptors
{
    /// <summary>What the process's open descriptors of kernel objects and mounts lead to, sorted; the runtime opens files as it pleases.</summary>
    public static string[] OfTheKernel => [.. Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget).OfType<string>()
        .Where(target => target == "/" || target.StartsWith("anon_inode:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
