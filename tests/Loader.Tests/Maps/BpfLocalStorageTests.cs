using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfLocalStorageTests
{
    private static BpfMap Create(BpfMapType type)
    {
        Requires.Map(type);
        Assert.SkipWhen(KernelSupport.Has(type) == false, $"This kernel was built without maps of type {type}.");
        var spec = new BpfMapSpec("kept") { Type = type, KeySize = 4, ValueSize = 8, Flags = BpfMapFlags.NoPrealloc };
        var types = new BtfBuilder();
        (spec.BtfKeyTypeId, spec.BtfValueTypeId) = (types.AddInt("int", 4, BtfIntEncoding.Signed).Value, types.AddInt("u64", 8, BtfIntEncoding.None).Value);
        using BtfObject btf = BtfObject.Load(types.ToArray());
        return BpfMap.Create(spec, new BpfMapCreateOptions { Btf = btf });
    }

    private static void SetsGetsAndForgets(BpfMapType type, SafeHandle owner, SafeHandle other)
    {
        using BpfMap map = Create(type);
        var storage = new BpfLocalStorage<ulong>(map);
        storage.TryGetValue(owner, out _).Should().BeFalse("nothing is kept yet");
        storage[owner] = 42;
        storage.TryGetValue(owner, out ulong kept).Should().BeTrue();
        kept.Should().Be(42);
        storage.TryGetValue(other, out _).Should().BeFalse("it is another owner");
        storage.TryAdd(owner, 43).Should().BeFalse("something is kept there");
        storage[owner].Should().Be(42);
        storage.Remove(owner).Should().BeTrue();
        storage.Remove(owner).Should().BeFalse();
        storage.Invoking(each => each[owner]).Should().Throw<KeyNotFoundException>();
        storage.TryAdd(owner, 43).Should().BeTrue();
        FluentActions.Invoking(() => new BpfLocalStorage<uint>(map)).Should().Throw<ArgumentException>().WithMessage("*values of 8 bytes*");
    }

    [Fact]
    public void Tasks_keep_values()
    {
        Requires.Map(BpfMapType.TaskStorage);
        using BpfHandle self = BpfHandle.OfProcess(Environment.ProcessId);
        using BpfHandle first = BpfHandle.OfProcess(1);
        SetsGetsAndForgets(BpfMapType.TaskStorage, self, first);
        FluentActions.Invoking(() => BpfHandle.OfProcess(int.MaxValue)).Should().Throw<BpfException>().Which.ErrnoName.Should().BeOneOf("ESRCH", "EINVAL");
    }

    [Fact]
    public void Files_keep_values()
    {
        Requires.Map(BpfMapType.InodeStorage);
        using BpfHandle file = BpfHandle.OfPath("/");
        using BpfHandle other = BpfHandle.OfPath("/proc");
        SetsGetsAndForgets(BpfMapType.InodeStorage, file, other);
    }

    [Fact]
    public void Control_groups_keep_values()
    {
        Requires.Map(BpfMapType.CgrpStorage);
        using var group = new PrivateCgroup();
        using var otherGroup = new PrivateCgroup();
        using BpfHandle opened = BpfHandle.OfPath(group.Root);
        using BpfHandle other = BpfHandle.OfPath(otherGroup.Root);
        SetsGetsAndForgets(BpfMapType.CgrpStorage, opened, other);
        using BpfMap map = Create(BpfMapType.CgrpStorage);
        using BpfHandle file = BpfHandle.OfPath("/proc/self/status");
        FluentActions.Invoking(() => new BpfLocalStorage<ulong>(map)[file] = 1).Should().Throw<BpfException>("it is no control group");
    }

    [Fact]
    public void Sockets_keep_values()
    {
        Requires.Map(BpfMapType.SkStorage);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        SetsGetsAndForgets(BpfMapType.SkStorage, socket.SafeHandle, other.SafeHandle);
    }

    [Fact]
    public void Another_kind_of_map_is_refused()
    {
        Requires.Bpf();
        using BpfMap array = BpfMap.Create(new BpfMapSpec("array") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
        FluentActions.Invoking(() => new BpfLocalStorage<ulong>(array)).Should().Throw<ArgumentException>().WithMessage("*keeps nothing with tasks*");
    }

    [Fact]
    public void What_user_space_keeps_with_a_task_its_programs_find()
    {
        Requires.Map(BpfMapType.TaskStorage);
        using BpfObject loaded = ObjectFile.Read("task_storage").Load();
        var budgets = new BpfLocalStorage<Budget>(loaded.Maps["budgets"]);
        loaded.Attach();
        using var child = new System.Diagnostics.Process { StartInfo = new System.Diagnostics.ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true } };
        child.Start();
        using BpfHandle process = BpfHandle.OfProcess(child.Id);
        budgets[process] = new Budget { Used = 0, Limit = 3 };
        for (int i = 0; i < 4; i++)
        {
            child.StandardInput.WriteLine("x");
            child.StandardInput.Flush();
            _ = child.StandardOutput.ReadLine();
        }

        budgets.TryGetValue(process, out Budget budget).Should().BeTrue();
        (budget.Used, budget.Limit).Should().Be((3UL, 3UL));
        child.StandardInput.Close();
        child.WaitForExit();
    }

    private struct Budget
    {
        public ulong Used;
        public ulong Limit;
    }
}
