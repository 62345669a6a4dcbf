using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfMapTests
{
    private readonly record struct Point(int X, int Y, int Z);

    private static BpfMap Create(BpfMapType type, int keySize, int valueSize, uint entries, BpfMapFlags flags = default)
    {
        Requires.Map(type);
        return BpfMap.Create(new BpfMapSpec("a-map.with a long name") {
            Type = type, KeySize = keySize, ValueSize = valueSize, MaxEntries = entries, Flags = flags,
        });
    }

    [Theory]
    [InlineData(BpfMapType.Hash)]
    [InlineData(BpfMapType.LruHash)]
    public void Hash_tables_keep_update_and_forget_entries(BpfMapType type)
    {
        using BpfMap map = Create(type, 4, 8, 64);
        BpfHashMap<int, long> typed = new(map);

        typed.TryGetValue(1, out _).Should().BeFalse();
        typed[1] = 11;
        typed.Update(1, 12, BpfUpdateMode.Exist);
        typed[1].Should().Be(12);
        typed.Invoking(m => m.Update(1, 0, BpfUpdateMode.NoExist)).Should().Throw<BpfException>().Which.ErrnoName.Should().Be("EEXIST");
        typed.Invoking(m => m.Update(2, 0, BpfUpdateMode.Exist)).Should().Throw<BpfException>().Which.ErrnoName.Should().Be("ENOENT");
        typed.Remove(1).Should().BeTrue();
        typed.Remove(1).Should().BeFalse();
        typed.Invoking(m => m[1]).Should().Throw<KeyNotFoundException>();
    }

    [Fact]
    public void A_full_hash_table_says_how_much_it_holds()
    {
        using BpfMap map = Create(BpfMapType.Hash, 4, 4, 2);
        BpfHashMap<int, int> typed = new(map) { [1] = 1, [2] = 2 };
        typed.Invoking(m => m[3] = 3).Should().Throw<BpfException>()
            .Where(e => e.ErrnoName == "E2BIG" && e.Hint!.Contains("2 entries") && e.Message.Contains("a-map.with") && e.Command == BpfCommand.MapUpdateElem);
    }

    [Fact]
    public void Arrays_have_all_entries_from_the_start()
    {
        using BpfMap map = Create(BpfMapType.Array, 4, 12, 3);
        BpfArrayMap<Point> typed = new(map) { [2] = new Point(1, 2, 3) };
        typed.Should().Equal(KeyValuePair.Create(0u, default(Point)), KeyValuePair.Create(1u, default(Point)), KeyValuePair.Create(2u, new Point(1, 2, 3)));
        typed.Invoking(m => m[3]).Should().Throw<ArgumentOutOfRangeException>();
        map.Invoking(m => m.Delete(TestProgram.Bytes(0))).Should().Throw<BpfException>();
    }

    [Fact]
    public void Per_cpu_values_are_rounded_to_eight_bytes_for_each_possible_cpu()
    {
        using BpfMap array = Create(BpfMapType.PercpuArray, 4, 4, 2);
        array.EntryValueSize.Should().Be(8 * KernelCpus.PossibleCount);
        int[] values = [.. Enumerable.Range(100, KernelCpus.PossibleCount)];
        BpfPerCpuArrayMap<int> typed = new(array);
        typed[1] = values;
        typed[1].Should().Equal(values);
        typed[0].Should().OnlyContain(v => v == 0);
        typed.Should().HaveCount(2);

        using BpfMap hash = Create(BpfMapType.PercpuHash, 8, 4, 4);
        BpfPerCpuHashMap<ulong, int> typedHash = new(hash);
        typedHash.TryGetValue(5, out _).Should().BeFalse();
        typedHash.Update(5, values);
        typedHash.Single().Value.Should().Equal(values);
        typedHash.Invoking(m => m.Update(5, [])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Typed_views_check_kind_and_sizes()
    {
        using BpfMap map = Create(BpfMapType.Hash, 4, 8, 1);
        FluentActions.Invoking(() => new BpfHashMap<long, long>(map)).Should().Throw<ArgumentException>().WithMessage("*4 bytes*Int64 has 8*");
        FluentActions.Invoking(() => new BpfHashMap<int, int>(map)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new BpfArrayMap<long>(map)).Should().Throw<ArgumentException>().WithMessage("*not of kind Array*");
        map.Invoking(m => m.TryLookup(new byte[3], new byte[8])).Should().Throw<ArgumentException>();
        map.Invoking(m => m.TryLookup(new byte[4], new byte[7])).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData(5000)]
    [InlineData(1)]
    [InlineData(0)]
    public void Walking_sees_every_entry_once_even_while_they_are_removed(int entries)
    {
        using BpfMap map = Create(BpfMapType.Hash, 4, 4, 8192);
        int[] keys = [.. Enumerable.Range(0, entries)];
        map.UpdateBatch(TestProgram.Bytes(keys), TestProgram.Bytes(keys));
        BpfHashMap<int, int> typed = new(map);

        List<int> seen = [];
        foreach ((int key, int value) in typed)
        {
            value.Should().Be(key);
            seen.Add(key);
            typed.Remove(key);
        }
        seen.Should().OnlyHaveUniqueItems().And.HaveCount(entries);
        typed.Should().BeEmpty();
    }

    [Fact]
    public void Keys_can_be_walked_one_by_one()
    {
        using BpfMap map = Create(BpfMapType.LpmTrie, 8, 4, 8, BpfMapFlags.NoPrealloc);
        byte[] key = [24, 0, 0, 0, 10, 0, 0, 0];
        map.Update(key, TestProgram.Bytes(7));
        byte[] next = new byte[8];
        map.TryGetNextKey(default, next).Should().BeTrue();
        next.Should().Equal(key);
        map.TryGetNextKey(key, next).Should().BeFalse();
        map.Lookup([32, 0, 0, 0, 10, 0, 0, 9]).Should().Equal(TestProgram.Bytes(7));
    }

    [Fact]
    public void Batches_delete_what_is_there()
    {
        using BpfMap map = Create(BpfMapType.Hash, 4, 4, 16);
        map.UpdateBatch(TestProgram.Bytes(1, 2, 3), TestProgram.Bytes(1, 2, 3));
        map.DeleteBatch(TestProgram.Bytes(1, 9, 3));
        new BpfHashMap<int, int>(map).Should().ContainSingle().Which.Key.Should().Be(2);
    }

    [Fact]
    public void Queues_push_and_pop()
    {
        using BpfMap map = Create(BpfMapType.Queue, 0, 4, 2);
        map.Update(default, TestProgram.Bytes(1));
        map.Update(default, TestProgram.Bytes(2));
        byte[] value = new byte[4];
        map.TryLookupAndDelete(default, value).Should().BeTrue();
        value.Should().Equal(TestProgram.Bytes(1));
        map.TryLookup(default, value).Should().BeTrue();
        value.Should().Equal(TestProgram.Bytes(2));
        map.TryLookupAndDelete(default, value).Should().BeTrue();
        map.TryLookupAndDelete(default, value).Should().BeFalse();
    }

    [Fact]
    public void Mapped_memory_is_the_map()
    {
        Requires.Feature(KernelFeature.ArrayMmap);
        using BpfMap map = Create(BpfMapType.Array, 4, 16, 1, BpfMapFlags.Mmapable);
        using (BpfMapMemory memory = map.MapMemory())
        {
            memory.Span.Length.Should().Be(16);
            memory.At<int>(4) = 42;
            map.Lookup(TestProgram.Bytes(0)).Should().Equal(TestProgram.Bytes(0, 42, 0, 0));
            memory.Invoking(m => m.At<int>(13)).Should().Throw<ArgumentOutOfRangeException>();
            map.Invoking(m => m.Freeze()).Should().Throw<BpfException>("it is mapped writable");
        }
        map.Freeze();
        map.Invoking(m => m.Update(TestProgram.Bytes(0), new byte[16])).Should().Throw<BpfException>().Which.Hint.Should().Contain("frozen");
        using BpfMapMemory readable = map.MapMemory(writable: false);
        readable.At<int>(4).Should().Be(42);
    }

    [Fact]
    public void Maps_of_maps_take_descriptors()
    {
        using BpfMap inner = Create(BpfMapType.Array, 4, 4, 1);
        using BpfMap outer = BpfMap.Create(new BpfMapSpec("test") { Type = BpfMapType.HashOfMaps, KeySize = 4, ValueSize = 4, MaxEntries = 4 }, new BpfMapCreateOptions { InnerMap = inner });
        outer.Update(TestProgram.Bytes(1), inner.Handle);
        uint id = MemoryMarshal.Read<uint>(outer.Lookup(TestProgram.Bytes(1)));
        id.Should().Be(inner.GetInfo().Id);
        using BpfMap again = BpfMap.FromId(id);
        again.GetInfo().Should().Be(inner.GetInfo());
        again.Name.Should().Be("a_map.with_a_lo", "the kernel keeps 15 characters of letters, digits, dot and underscore");
    }

    [Fact]
    public void A_refused_map_says_why_and_leaves_nothing_open()
    {
        Requires.Bpf();
        string[] before = OpenDescriptors.OfTheKernel;
        var options = new BpfMapSpec("bad") { Type = BpfMapType.Array, KeySize = 8, ValueSize = 4, MaxEntries = 1 };
        FluentActions.Invoking(() => BpfMap.Create(options)).Should().Throw<BpfException>()
            .Where(e => e.ErrnoName == "EINVAL" && e.Message.StartsWith("Creating map 'bad' (Array) failed: EINVAL") && e.Hint!.Contains("4 bytes, not 8"));
        FluentActions.Invoking(() => BpfMap.Create(new BpfMapSpec("bad") { Type = (BpfMapType)999, KeySize = 8, ValueSize = 4, MaxEntries = 1 })).Should().Throw<BpfException>();
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Bloom_filters_know_what_was_put_in()
    {
        Requires.Map(BpfMapType.BloomFilter);
        using BpfMap filter = BpfMap.Create(new BpfMapSpec("filter") { Type = BpfMapType.BloomFilter, ValueSize = 8, MaxEntries = 100, Extra = 3 });
        filter.Update([], BitConverter.GetBytes(7L));
        filter.TryLookup([], BitConverter.GetBytes(7L)).Should().BeTrue();
        Enumerable.Range(100, 50).Count(number => filter.TryLookup([], BitConverter.GetBytes((long)number))).Should().BeLessThan(25, "few others are taken for known");
        filter.GetInfo().Extra.Should().Be(3, "the number of hash functions");
    }

    [Fact]
    public void The_longest_prefix_that_matches_is_found()
    {
        Requires.Bpf();
        using BpfMap trie = BpfMap.Create(new BpfMapSpec("routes") { Type = BpfMapType.LpmTrie, KeySize = 8, ValueSize = 4, MaxEntries = 8, Flags = BpfMapFlags.NoPrealloc });
        trie.Update([8, 0, 0, 0, 10, 0, 0, 0], [1, 0, 0, 0]);
        trie.Update([16, 0, 0, 0, 10, 7, 0, 0], [2, 0, 0, 0]);
        trie.Lookup([32, 0, 0, 0, 10, 7, 1, 1])[0].Should().Be(2);
        trie.Lookup([32, 0, 0, 0, 10, 9, 1, 1])[0].Should().Be(1);
        trie.TryLookup([32, 0, 0, 0, 11, 0, 0, 1], new byte[4]).Should().BeFalse();
        trie.Delete([16, 0, 0, 0, 10, 7, 0, 0]).Should().BeTrue();
        trie.Lookup([32, 0, 0, 0, 10, 7, 1, 1])[0].Should().Be(1);
        FluentActions.Invoking(() => trie.Update([33, 0, 0, 0, 10, 0, 0, 0], [1, 0, 0, 0])).Should().Throw<BpfException>("a prefix has 32 bits at most");
    }
}
