namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfFsTests
{
    private static BpfMap CreateMap() =>
        BpfMap.Create(new BpfMapSpec("pinned") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });

    [Fact]
    public void A_pinned_map_outlives_its_owner()
    {
        using var bpffs = new PrivateBpfFs();
        string path = bpffs["some/where/map"];
        using (BpfMap map = CreateMap())
        {
            map.Update(TestProgram.Bytes(0), TestProgram.Bytes(42));
            map.Pin(path);
            map.PinPath.Should().Be(path);
            map.Invoking(m => m.Pin(path)).Should().Throw<BpfException>().Which.ErrnoName.Should().Be("EEXIST");
        }
        using (BpfMap map = BpfMap.FromPin(path))
            map.Lookup(TestProgram.Bytes(0)).Should().Equal(TestProgram.Bytes(42));
        FluentActions.Invoking(() => BpfProgram.FromPin(path)).Should().Throw<BpfException>("it is a map").Which.ErrnoName.Should().Be("EINVAL");
        BpfFs.Unpin(path);
        FluentActions.Invoking(() => BpfMap.FromPin(path)).Should().Throw<BpfException>().Which.Hint.Should().Contain("Nothing is pinned");
        FluentActions.Invoking(() => BpfFs.Unpin(path)).Should().Throw<BpfException>();
    }

    [Fact]
    public void What_was_opened_from_a_pin_can_be_unpinned()
    {
        using var bpffs = new PrivateBpfFs();
        string path = bpffs["map"];
        using (BpfMap map = CreateMap())
            map.Pin(path);
        using (BpfMap map = BpfMap.FromPin(path))
        {
            map.PinPath.Should().Be(path);
            map.Unpin();
            map.PinPath.Should().BeNull();
        }

        bpffs.Entries.Should().BeEmpty();
    }

    [Fact]
    public void A_pinned_link_stays_attached()
    {
        Requires.Feature(KernelFeature.PerfLink);
        using var bpffs = new PrivateBpfFs();
        string path = bpffs["link"];
        uint id;
        using (BpfProgram program = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.Tracepoint))
        using (TracepointLink link = TracepointLink.Attach(program, new BpfTracepoint("sched", "sched_switch")))
        {
            link.Pin(path);
            id = link.GetInfo().Id;
        }
        using (BpfLink link = BpfLink.FromPin(path))
            link.GetInfo().Id.Should().Be(id);
        BpfFs.Unpin(path);
        FluentActions.Invoking(() => BpfLink.FromId(id)).Should().Throw<BpfException>();
    }

    [Fact]
    public void Preparing_checks_before_anything_is_made_and_undoes_what_it_did()
    {
        using var bpffs = new PrivateBpfFs();
        using BpfMap map = CreateMap();
        string taken = bpffs["taken"];
        map.Pin(taken);
        string deep = bpffs["a/b/c"];

        FluentActions.Invoking(() => BpfFs.Prepare([deep, taken])).Should().Throw<BpfException>().Which.Message.Should().Contain(taken);
        FluentActions.Invoking(() => BpfFs.Prepare([deep, deep])).Should().Throw<BpfException>();
        FluentActions.Invoking(() => BpfFs.Prepare([Path.Combine(Path.GetTempPath(), "p3ebpf-no-bpffs")])).Should().Throw<BpfException>()
            .Which.Hint.Should().Contain("not in a bpffs");
        bpffs.Entries.Should().Equal(taken);

        using (BpfPinScope scope = BpfFs.Prepare([deep]))
        {
            scope.Pin(map, deep);
            File.Exists(deep).Should().BeTrue();
        }
        bpffs.Entries.Should().Equal(taken);

        using (BpfPinScope scope = BpfFs.Prepare([deep]))
        {
            scope.Pin(map, deep);
            scope.Complete();
        }
        File.Exists(deep).Should().BeTrue();
    }

    [Fact]
    public void Bpffs_is_mounted_where_it_belongs_and_unmounted_when_the_load_fails()
    {
        Requires.Bpf();
        PrivateNamespace.WithoutMountsOn(BpfFs.DefaultMountPoint, () =>
        {
            BpfFs.Contains(BpfFs.DefaultMountPoint).Should().BeFalse();
            using (BpfPinScope scope = BpfFs.Prepare(["/sys/fs/bpf/p3ebpf-test/map"]))
            {
                scope.MountedBpfFs.Should().BeTrue();
                BpfFs.Contains("/sys/fs/bpf/p3ebpf-test").Should().BeTrue();
            }

            BpfFs.Contains(BpfFs.DefaultMountPoint).Should().BeFalse();
        });
    }

    [Fact]
    public void Ordinary_files_are_never_unpinned()
    {
        string file = Path.GetTempFileName();
        FluentActions.Invoking(() => BpfFs.Unpin(file)).Should().Throw<BpfException>().Which.Hint.Should().Contain("ordinary file");
        File.Exists(file).Should().BeTrue();
        File.Delete(file);
    }
}
