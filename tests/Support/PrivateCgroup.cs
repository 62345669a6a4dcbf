namespace P3Ebpf.TestSupport;

/// <summary>A control group of the test's own, without processes, gone with the test.</summary>
internal sealed class PrivateCgroup : IDisposable
{
    public PrivateCgroup()
    {
        string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        Assert.SkipWhen(mount is null, "cgroup2 is not mounted.");
        Root = Path.Combine(mount!, "p3ebpf-" + Path.GetRandomFileName());
        try
        {
            _ = Directory.CreateDirectory(Root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"A control group may not be made here: {e.Message}");
        }
    }

    public string Root { get; }

    public void Dispose() => Directory.Delete(Root);
}
