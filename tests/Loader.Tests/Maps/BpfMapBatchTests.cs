using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfMapBatchTests
{
    private const int Entries = 1000;

    private static BpfMap Fill()
    {
        Requires.Kernel("5.6", "batches");
        BpfMap map = BpfMap.Create(new BpfMapSpec("batches") { Type = BpfMapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 2 * Entries });
        uint[] keys = [.. Enumerable.Range(0, Entries).Select(i => (uint)i)];
        ulong[] values = [.. keys.Select(key => key * 3UL)];
        map.UpdateBatch(MemoryMarshal.AsBytes(keys.AsSpan()), MemoryMarshal.AsBytes(values.AsSpan()));
        return map;
    }

    [Theory]
    [InlineData(64)]
    [InlineData(Entries)]
    public void All_entries_are_read_once(int room)
    {
        using BpfMap map = Fill();
        uint[] keys = new uint[room];
        ulong[] values = new ulong[room];
        var seen = new Dictionary<uint, ulong>();
        byte[]? position = null;
        do
        {
            int count = map.LookupBatch(ref position, MemoryMarshal.AsBytes(keys.AsSpan()), MemoryMarshal.AsBytes(values.AsSpan()));
            for (int i = 0; i < count; i++)
                seen.Add(keys[i], values[i]);
        }
        while (position is not null);
        seen.Should().HaveCount(Entries).And.OnlyContain(entry => entry.Value == entry.Key * 3UL);
    }

    [Fact]
    public void Entries_can_be_removed_as_they_are_read()
    {
        using BpfMap map = Fill();
        uint[] keys = new uint[128];
        ulong[] values = new ulong[128];
        byte[]? position = null;
        int total = 0;
        do
            total += map.LookupAndDeleteBatch(ref position, MemoryMarshal.AsBytes(keys.AsSpan()), MemoryMarshal.AsBytes(values.AsSpan()));
        while (position is not null);
        total.Should().Be(Entries);
        map.TryGetNextKey(default, new byte[4]).Should().BeFalse("it is empty");
    }

    [Fact]
    public void Room_that_does_not_fit_is_refused()
    {
        using BpfMap map = Fill();
        FluentActions.Invoking(() =>
        {
            byte[]? position = null;
            return map.LookupBatch(ref position, new byte[8], new byte[8]);
        }).Should().Throw<ArgumentException>();
    }
}
