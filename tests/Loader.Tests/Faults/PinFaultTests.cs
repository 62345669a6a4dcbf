namespace P3Ebpf.Loader.Tests;

/// <summary>Pins, their directories, and the file system that they are in.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class PinFaultTests : FaultTests
{
    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_bpffs_that_is_mounted_for_the_pins(FaultReason reason)
    {
        Requires.Root();
        Requires.Bpf();
        PrivateNamespace.WithoutMountsOn("/sys/fs/bpf", () =>
        {
            using BpfMap map = BpfMap.Create(new BpfMapSpec("pinned") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
            Walk(reason, stage =>
            {
                using BpfPinScope scope = BpfFs.Prepare(["/sys/fs/bpf/p3/one", "/sys/fs/bpf/p3/two"]);
                scope.MountedBpfFs.Should().BeTrue();
                scope.Pin(map, "/sys/fs/bpf/p3/one");
                stage.Begin();
            });
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void What_was_pinned_is_opened_and_unpinned(FaultReason reason)
    {
        Requires.Kernel("5.15", "links of tracepoints");
        using var pins = new PrivateBpfFs();
        using BpfObject loaded = ObjectFile.Read("sched_lottery").Load();
        loaded.Attach();
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries.Where(path => path.Contains("new", StringComparison.Ordinal)), stage =>
        {
            foreach (string name in (string[])["program", "map", "link"])
                File.Delete(pins[name]);
            loaded.Programs[0].Pin(pins["program"]);
            loaded.Maps["task_map"].Pin(pins["map"]);
            loaded.Links[0].Pin(pins["link"]);
            using BpfProgram program = BpfProgram.FromPin(pins["program"]);
            using BpfMap map = BpfMap.FromPin(pins["map"]);
            using BpfLink link = BpfLink.FromPin(pins["link"]);
            _ = (program.GetInfo(), map.GetInfo(), link.GetInfo());
            link.Unpin();
            program.Unpin();
            map.Unpin();
            stage.Begin();
        });
        foreach (string pin in pins.Entries)
            File.Delete(pin);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Directories_that_are_made_for_a_pin(FaultReason reason)
    {
        using var pins = new PrivateBpfFs();
        using BpfMap map = BpfMap.Create(new BpfMapSpec("pinned") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries, _ =>
        {
            map.Pin(pins["one/two/map"]);
            pins.Clear();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Maps_that_are_pinned_by_name(FaultReason reason)
    {
        Requires.Kernel("5.8", "ring buffers");
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = ObjectFile.Read("maps");
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries, _ =>
        {
            using BpfObject loaded = spec.Load(new BpfLoadOptions { PinRoot = pins["one/two"] });
            pins.Clear();
        });
    }
}
