namespace P3Ebpf.TestSupport;

/// <summary>The objects under <c>bpf/</c> and <c>testdata/bpf/</c>.</summary>
internal static class ObjectFile
{
    public static string PathOf(string name) => TestData.PathOf(name is "sched_lottery" or "set_tickets" ? $"bpf/{name}.bpf.o" : $"testdata/bpf/{name}.bpf.o");

    public static byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    public static BpfObjectSpec Read(string name) => BpfObjectSpec.Read(PathOf(name));
}
