namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class MapReuseTests
{
    public MapReuseTests() => Requires.Kernel("5.8", "ring buffers");

    private static BpfMap Create(BpfMapType type = BpfMapType.Hash, int keySize = 4, int valueSize = 8, uint entries = 8, BpfMapFlags flags = BpfMapFlags.NoPrealloc) =>
        BpfMap.Create(new BpfMapSpec("existing") { Type = type, KeySize = keySize, ValueSize = valueSize, MaxEntries = entries, Flags = flags });

    private static BpfObject Load(PrivateBpfFs pins) => ObjectFile.Read("maps").Load(new BpfLoadOptions { PinRoot = pins.Root });

    [Fact]
    public void A_map_pinned_by_name_is_shared_by_later_loads()
    {
        using var pins = new PrivateBpfFs();
        using (BpfObject first = Load(pins))
        {
            first.Run("count").Should().Be(1);
            pins.Entries.Should().Equal(pins["shared"]);
            using BpfObject second = Load(pins);
            second.Run("count").Should().Be(2);
            second.Maps["shared"].GetInfo().Id.Should().Be(first.Maps["shared"].GetInfo().Id);
        }

        using BpfObject third = Load(pins);
        third.Run("count").Should().Be(3);
        third.Maps["shared"].Unpin();
        pins.Entries.Should().BeEmpty("a map reused by name knows where it is pinned");
    }

    [Fact]
    public void An_explicit_path_goes_before_the_name_and_missing_directories_are_made()
    {
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = ObjectFile.Read("maps");
        spec.Maps["shared"].PinPath = pins["deep/er/map"];
        spec.Load().Dispose();
        using BpfMap map = BpfMap.FromPin(spec.Maps["shared"].PinPath!);
        map.Type.Should().Be(BpfMapType.Hash);
    }

    [Fact]
    public void A_pinned_map_of_another_kind_is_refused()
    {
        using var pins = new PrivateBpfFs();
        string path = pins["shared"];
        string[] before = OpenDescriptors.OfTheKernel;
        foreach ((Func<BpfMap> create, string difference) in new (Func<BpfMap>, string)[]
        {
            (() => Create(type: BpfMapType.LruHash, flags: BpfMapFlags.None), "type LruHash instead of Hash"),
            (() => Create(keySize: 8), "keys of 8 bytes instead of 4"),
            (() => Create(valueSize: 16), "values of 16 bytes instead of 8"),
            (() => Create(entries: 9), "9 entries instead of 8"),
            (() => Create(flags: BpfMapFlags.None), "flags None instead of NoPrealloc"),
        })
        {
            using (BpfMap other = create())
                other.Pin(path);
            FluentActions.Invoking(() => Load(pins)).Should().Throw<BpfException>().WithText($"*'shared'*{difference}*");
            BpfFs.Unpin(path);
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
        pins.Entries.Should().BeEmpty();
    }

    [Fact]
    public void A_replacement_is_used_and_stays_its_owners()
    {
        using var pins = new PrivateBpfFs();
        using BpfMap owned = Create(entries: 100);
        owned.Update(BitConverter.GetBytes(1), BitConverter.GetBytes(41L));
        BpfObjectSpec spec = ObjectFile.Read("maps");
        using (BpfObject loaded = spec.Load(new BpfLoadOptions { PinRoot = pins.Root, MapReplacements = With("shared", owned) }))
            loaded.Run("count").Should().Be(42, "it may have more entries, but the same keys and values");
        owned.Lookup(BitConverter.GetBytes(1)).Should().Equal(BitConverter.GetBytes(42L));
        pins.Entries.Should().BeEmpty("whether to pin it is for its owner to decide");

        using BpfMap unfit = Create(valueSize: 4);
        FluentActions.Invoking(() => spec.Load(new BpfLoadOptions { MapReplacements = With("shared", unfit) })).Should().Throw<BpfException>().WithText("*values of 4 bytes instead of 8*");
        unfit.GetInfo().ValueSize.Should().Be(4, "it is still open");
    }

    [Fact]
    public void Inner_maps_of_a_replaced_map_are_left_alone()
    {
        using var pins = new PrivateBpfFs();
        using BpfObject first = Load(pins);
        BpfObjectSpec spec = ObjectFile.Read("maps");
        byte[] before = first.Maps["by_number"].Lookup(BitConverter.GetBytes(3));
        using BpfObject second = spec.Load(new BpfLoadOptions { PinRoot = pins.Root, MapReplacements = With("by_number", first.Maps["by_number"]) });
        second.Maps["by_number"].Lookup(BitConverter.GetBytes(3)).Should().Equal(before);
    }

    private static Dictionary<string, BpfMap> With(string name, BpfMap map) => new() { [name] = map };
}
