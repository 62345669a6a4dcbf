namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfQueueTests
{
    private static BpfMap Create(BpfMapType type) =>
        BpfMap.Create(new BpfMapSpec("waiting") { Type = type, ValueSize = sizeof(ulong), MaxEntries = 2 });

    [Theory]
    [InlineData(BpfMapType.Queue, 1, 2)]
    [InlineData(BpfMapType.Stack, 2, 1)]
    public void Items_come_out_in_the_order_of_the_kind(BpfMapType type, ulong first, ulong second)
    {
        Requires.Bpf();
        using BpfMap map = Create(type);
        var queue = new BpfQueue<ulong>(map);
        queue.TryPeek(out _).Should().BeFalse();
        queue.TryPop(out _).Should().BeFalse();
        queue.TryPush(1).Should().BeTrue();
        queue.TryPush(2).Should().BeTrue();
        queue.TryPush(3).Should().BeFalse("it is full");
        queue.TryPeek(out ulong item).Should().BeTrue();
        item.Should().Be(first);
        queue.TryPop(out item).Should().BeTrue();
        item.Should().Be(first);
        queue.TryPop(out item).Should().BeTrue();
        item.Should().Be(second);
    }

    [Fact]
    public void Where_it_is_full_the_oldest_can_make_room()
    {
        Requires.Bpf();
        using BpfMap map = Create(BpfMapType.Queue);
        var queue = new BpfQueue<ulong>(map);
        foreach (ulong item in (ulong[])[1, 2, 3])
            queue.Push(item);
        queue.TryPop(out ulong oldest).Should().BeTrue();
        oldest.Should().Be(2);
    }

    [Fact]
    public void Another_kind_or_size_is_refused()
    {
        Requires.Bpf();
        using BpfMap map = Create(BpfMapType.Queue);
        using BpfMap hash = BpfMap.Create(new BpfMapSpec("hash") { Type = BpfMapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 2 });
        FluentActions.Invoking(() => new BpfQueue<uint>(map)).Should().Throw<ArgumentException>().WithMessage("*values of 8 bytes; UInt32 has 4*");
        FluentActions.Invoking(() => new BpfQueue<ulong>(hash)).Should().Throw<ArgumentException>().WithMessage("*neither a queue nor a stack*");
    }
}
