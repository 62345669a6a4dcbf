
namespace P3Ebpf.Loader.Tests;

[Collection(KernelCollection.Name)]
public sealed class BpfFsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("p3ebpf-bpffs").FullName;
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted)
            _ = Libc.Unmount(_directory, 0);
        Directory.Delete(_directory, recursive: true);
    }

    private void MountPrivately()
    {
        RequiresBpf.OrSkip();
        _mounted = Libc.Mount("bpf", _directory, "bpf", 0, null) == 0;
        Assert.SkipUnless(_mounted, "bpffs may not be mounted here.");
    }

    // Fresh mounts may hold the kernel's own maps.debug and progs.debug.
    private IEnumerable<string> Entries =>
        Directory.EnumerateFileSystemEntries(_directory).Where(path => !path.EndsWith(".debug", StringComparison.Ordinal));

    private static BpfMap CreateMap() =>
        BpfMap.Create(new BpfMapOptions { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1, Name = "pinned" });

    [Fact]
    public void A_pinned_map_outlives_its_owner()
    {
        MountPrivately();
        string path = Path.Combine(_directory, "some/where/map");
        using (BpfMap map = CreateMap())
        {
            map.Update(RequiresBpf.Bytes(0), RequiresBpf.Bytes(42));
            map.Pin(path);
            map.PinPath.Should().Be(path);
            map.Invoking(m => m.Pin(path)).Should().Throw<BpfException>().Which.ErrnoName.Should().Be("EEXIST");
        }
        using (BpfMap map = BpfMap.FromPin(path))
            map.Lookup(RequiresBpf.Bytes(0)).Should().Equal(RequiresBpf.Bytes(42));
        FluentActions.Invoking(() => BpfProgram.FromPin(path)).Should().Throw<BpfException>("it is a map").Which.ErrnoName.Should().Be("EINVAL");
        BpfFs.Unpin(path);
        FluentActions.Invoking(() => BpfMap.FromPin(path)).Should().Throw<BpfException>().Which.Hint.Should().Contain("Nothing is pinned");
        FluentActions.Invoking(() => BpfFs.Unpin(path)).Should().Throw<BpfException>();
    }

    [Fact]
    public void A_pinned_link_stays_attached()
    {
        RequiresBpf.OrSkip(KernelFeature.PerfLink);
        MountPrivately();
        string path = Path.Combine(_directory, "link");
        uint id;
        using (BpfProgram program = RequiresBpf.Load(RequiresBpf.ReturnZero, BpfProgramType.Tracepoint))
        using (TracepointLink link = TracepointLink.Attach(program, "sched", "sched_switch"))
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
        MountPrivately();
        using BpfMap map = CreateMap();
        string taken = Path.Combine(_directory, "taken");
        map.Pin(taken);
        string deep = Path.Combine(_directory, "a/b/c");

        FluentActions.Invoking(() => BpfFs.Prepare([deep, taken])).Should().Throw<BpfException>().Which.Message.Should().Contain(taken);
        FluentActions.Invoking(() => BpfFs.Prepare([deep, deep])).Should().Throw<BpfException>();
        FluentActions.Invoking(() => BpfFs.Prepare([Path.Combine(Path.GetTempPath(), "p3ebpf-no-bpffs")])).Should().Throw<BpfException>()
            .Which.Hint.Should().Contain("not in a bpffs");
        Entries.Should().Equal(taken);

        using (BpfPinScope scope = BpfFs.Prepare([deep]))
        {
            scope.Pin(map, deep);
            File.Exists(deep).Should().BeTrue();
        }
        Entries.Should().Equal(taken);

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
        RequiresBpf.OrSkip();
        Assert.SkipWhen(BpfFs.Contains(BpfFs.DefaultMountPoint), "bpffs is mounted already.");
        using (BpfPinScope scope = BpfFs.Prepare(["/sys/fs/bpf/p3ebpf-test/map"]))
        {
            scope.MountedBpfFs.Should().BeTrue();
            BpfFs.Contains("/sys/fs/bpf/p3ebpf-test").Should().BeTrue();
        }
        BpfFs.Contains(BpfFs.DefaultMountPoint).Should().BeFalse();
    }

    [Fact]
    public void Ordinary_files_are_never_unpinned()
    {
        string file = Path.Combine(_directory, "precious");
        File.WriteAllText(file, "");
        FluentActions.Invoking(() => BpfFs.Unpin(file)).Should().Throw<BpfException>().Which.Hint.Should().Contain("ordinary file");
        File.Exists(file).Should().BeTrue();
    }
}
