namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class LegacyMapTests
{
    [Fact]
    public void Maps_of_the_old_kind_are_created_used_and_warned_of()
    {
        Requires.Bpf();
        BpfObjectSpec spec = ObjectFile.Read("legacy_maps");
        spec.Maps.Select(map => $"{map.Name} {map.Type} {map.KeySize} {map.ValueSize} {map.MaxEntries} {map.Flags}").Should()
            .Equal("pairs Hash 4 8 16 NoPrealloc", "counters Array 4 8 4 None", "other Array 4 8 2 None");
        spec.Warnings.Should().HaveCount(2).And.OnlyContain(warning => warning.Contains("SEC(\".maps\")"));
        spec.Btf![new BtfTypeId(spec.Maps["pairs"].BtfValueTypeId)].Name.ToString().Should().Be("pair");

        using BpfObject loaded = spec.Load();
        byte[] packet = new byte[64];
        loaded.Programs["sum"].TestRun(packet).ReturnValue.Should().Be(uint.MaxValue);
        loaded.Maps["pairs"].Update([7, 0, 0, 0], [1, 0, 0, 0, 2, 0, 0, 0]);
        loaded.Programs["sum"].TestRun(packet).ReturnValue.Should().Be(3);
        loaded.Maps["counters"].Lookup([1, 0, 0, 0])[0].Should().Be(2, "a static map is found through its section");
        loaded.Maps["other"].Lookup([1, 0, 0, 0])[0].Should().Be(20);
    }
}
