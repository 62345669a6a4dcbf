using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

/// <summary>Views, buffers and variables refuse structs that are laid out otherwise than the object says.</summary>
[KernelTests]
public sealed class TypedAccessTests
{
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private readonly record struct Key(uint Id, byte Kind);

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private readonly record struct ExchangedKey(byte Kind, uint Id);

    private readonly record struct Location(uint X, uint Y);

    private readonly record struct ExchangedLocation(uint Y, uint X);

    private readonly record struct Part(ulong Time, uint Color);

    [BpfOpaque]
    private readonly record struct OpaquePart(ulong Time, uint Color);

    [Fact]
    public void Hash_maps_take_structs_of_the_same_fields_alone()
    {
        using BpfObject loaded = Load();
        BpfMap places = loaded.Maps["places"];
        var typed = new BpfHashMap<Key, Location>(places) { [new Key(1, 2)] = new Location(3, 4) };
        typed[new Key(1, 2)].Should().Be(new Location(3, 4));
        new BpfHashMap<Key, ulong>(places)[new Key(1, 2)].Should().Be(3 + (4UL << 32));

        FluentActions.Invoking(() => new BpfHashMap<ExchangedKey, Location>(places)).Should().Throw<ArgumentException>()
            .WithMessage("The keys of map 'places' (Hash) are of type struct key, and ExchangedKey is laid out differently: *Kind*has 1 byte at 0*'u8 kind', 1 byte at 4*");
        FluentActions.Invoking(() => new BpfHashMap<Key, ExchangedLocation>(places)).Should().Throw<ArgumentException>().WithMessage("The values of map 'places'*");
    }

    [Fact]
    public void Maps_that_were_opened_are_compared_with_the_types_that_the_kernel_keeps()
    {
        using BpfObject loaded = Load();
        BpfMapInfo info = loaded.Maps["places"].GetInfo();
        Assert.SkipWhen(info.BtfId == 0, "this kernel keeps no types of the map");
        using BpfMap opened = BpfMap.FromId(info.Id);
        opened.Spec.Should().BeNull();
        _ = new BpfHashMap<Key, Location>(opened);
        FluentActions.Invoking(() => new BpfHashMap<Key, ExchangedLocation>(opened)).Should().Throw<ArgumentException>().WithMessage("*laid out differently*");
    }

    [Fact]
    public void Ring_buffers_whose_records_are_known_refuse_other_structs()
    {
        using BpfObject loaded = Load();
        using var ring = new BpfRingBuffer(loaded.Maps["events"]);
        ring.Invoking(buffer => buffer.ReadAllAsync<Part>(TestContext.Current.CancellationToken)).Should().Throw<ArgumentException>()
            .WithMessage("The records of map 'events' are of type struct event, and Part is laid out differently: Part has 16 bytes, struct event has *");
        ring.ReadAllAsync<OpaquePart>(TestContext.Current.CancellationToken).Should().NotBeNull("it may be the beginning of a record");
    }

    private readonly record struct Command(uint Number, ulong Factor);

    private readonly record struct ExchangedCommand(ulong Factor, uint Number);

    private readonly record struct Process(ulong Answer, uint Pid, uint Parent);

    private readonly record struct ExchangedProcess(ulong Answer, uint Parent, uint Pid);

    [BpfOpaque]
    private readonly record struct Half(ulong First);

    [Fact]
    public void Rings_that_user_space_writes_take_their_records_alone()
    {
        using BpfObject loaded = LoadRecords();
        using var ring = new BpfUserRingBuffer(loaded.Maps["commands"]);
        ring.TryWrite(new Command(6, 7)).Should().BeTrue();
        ring.Invoking(buffer => buffer.TryWrite(new ExchangedCommand(6, 7))).Should().Throw<ArgumentException>()
            .WithMessage("The records of map 'commands' are of type struct command, and ExchangedCommand is laid out differently: *Factor* has 8 bytes at 0*");
        ring.Invoking(buffer => buffer.TryWrite(6)).Should().Throw<ArgumentException>();
        ring.TryWrite(new Command(1, 3)).Should().BeTrue("it was right before");
        loaded.Programs["drain"].TestRun().ReturnValue.Should().Be(2, "what was refused was not written");
        loaded.Variables["sum"].Get<ulong>().Should().Be((6 * 7) + 3);
    }

    [Fact]
    public void Iterators_whose_records_are_known_refuse_other_structs()
    {
        using BpfObject loaded = LoadRecords();
        using IterLink link = IterLink.Attach(loaded.Programs["walk"], new BpfIteratorOptions { ProcessId = Environment.ProcessId });
        link.ReadAll<Process>().Should().NotBeEmpty().And.OnlyContain(process => process.Answer == 42 && process.Pid == Environment.ProcessId && process.Parent != 0);
        link.Invoking(each => each.ReadAll<ExchangedProcess>()).Should().Throw<ArgumentException>("and not only when it is walked")
            .WithMessage("The records of iterator 'walk' are of type struct process, and ExchangedProcess is laid out differently: *Parent* has 4 bytes at 8*");
        link.ReadAll<Half>().Count(half => half.First == 42).Should().BePositive();
    }

    [Fact]
    public void Maps_without_types_go_by_size()
    {
        Requires.Map(BpfMapType.Hash);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("untyped") { Type = BpfMapType.Hash, KeySize = 5, ValueSize = 8, MaxEntries = 1 });
        _ = new BpfHashMap<ExchangedKey, ExchangedLocation>(map);
    }

    private static BpfObject LoadRecords()
    {
        Requires.Kernel("6.1", "rings that user space writes");
        return ObjectFile.Read("typed_records").Load();
    }

    private static BpfObject Load()
    {
        Requires.Map(BpfMapType.Ringbuf);
        return ObjectFile.Read("bindings").Load();
    }
}
