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

    [Fact]
    public void Maps_without_types_go_by_size()
    {
        Requires.Map(BpfMapType.Hash);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("untyped") { Type = BpfMapType.Hash, KeySize = 5, ValueSize = 8, MaxEntries = 1 });
        _ = new BpfHashMap<ExchangedKey, ExchangedLocation>(map);
    }

    private static BpfObject Load()
    {
        Requires.Map(BpfMapType.Ringbuf);
        return ObjectFile.Read("bindings").Load();
    }
}
