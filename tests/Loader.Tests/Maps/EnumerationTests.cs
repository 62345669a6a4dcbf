namespace P3Ebpf.Loader.Tests;

/// <summary>What this process has put into the kernel is found there again, with the process that holds it.</summary>
[KernelTests]
public sealed class EnumerationTests
{
    [Fact]
    public void Maps_are_listed_with_who_holds_them()
    {
        Requires.Bpf();
        using BpfMap map = BpfMap.Create(new BpfMapSpec("listed_map") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 3 });
        BpfMapInfo info = map.GetInfo();
        BpfMap.List().Should().ContainEquivalentOf(info);
        BpfReference.FindAll().Should().ContainSingle(each => each.Kind == BpfObjectKind.Map && each.Id == info.Id && each.ProcessId == Environment.ProcessId);
    }

    [Fact]
    public void Pins_are_found()
    {
        using var bpffs = new PrivateBpfFs();
        using BpfMap map = BpfMap.Create(new BpfMapSpec("pinned_map") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 3 });
        map.Pin(bpffs["directory/pinned"]);
        BpfReference.FindAll().Should().Contain(new BpfReference(BpfObjectKind.Map, map.GetInfo().Id, 0, string.Empty, bpffs["directory/pinned"]));
        map.Unpin();
        Directory.Delete(bpffs["directory"]);
    }
}
