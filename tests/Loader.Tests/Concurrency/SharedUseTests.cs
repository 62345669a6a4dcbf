using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests.Concurrency;

/// <summary>Many threads use one thing at once, each with its own part of the outcome.</summary>
[KernelTests]
public sealed class SharedUseTests
{
    private const int Threads = 6;

    [Fact]
    public void One_specification_is_loaded_by_many_threads()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        string[] before = OpenDescriptors.OfTheKernel;
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Programs["sum_numbers"].IsAutoLoaded = false;

        Race.Run(Race.Times(Threads, _ =>
        {
            for (int i = 0; i < 5; i++)
            {
                using BpfObject loaded = spec.Load();
                loaded.Run("compute").Should().Be(140);
                loaded.Variables["counter"].Get<ulong>().Should().Be(41);
            }
        }));

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Features_are_asked_for_by_many_threads_when_nothing_is_known()
    {
        Requires.Bpf();
        KernelFeature.Forget();
        bool[][] answers = new bool[Threads][];

        Race.Run(Race.Times(Threads, i => answers[i] = [.. KernelFeature.All.Select(feature => feature.IsSupported())]));

        answers.Should().AllBeEquivalentTo(answers[0], options => options.WithStrictOrdering());
    }

    [Fact]
    public void One_map_is_written_read_walked_and_emptied_by_many_threads()
    {
        Requires.Bpf();
        const int Keys = 100;
        using BpfMap map = BpfMap.Create(new BpfMapSpec("shared") { Type = BpfMapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 4 * Keys * Threads });
        var typed = new BpfHashMap<int, long>(map);

        Race.Run(Race.Times(Threads, thread =>
        {
            for (int round = 0; round < 5; round++)
            {
                for (int i = 0; i < Keys; i++)
                    typed[(thread * Keys) + i] = Value((thread * Keys) + i);
                for (int i = 0; i < Keys; i++)
                    typed[(thread * Keys) + i].Should().Be(Value((thread * Keys) + i));
                foreach ((int key, long value) in typed)
                    value.Should().Be(Value(key));
                for (int i = 0; i < Keys; i += 2)
                    typed.Remove((thread * Keys) + i).Should().BeTrue();
            }
        }));

        typed.Count().Should().Be(Threads * Keys / 2);

        static long Value(int key) => ((long)key << 32) | (uint)~key;
    }

    [Fact]
    public void Records_that_many_threads_take_are_taken_once()
    {
        Requires.Map(BpfMapType.UserRingbuf);
        const int Each = 200;
        using BpfMap map = BpfMap.Create(new BpfMapSpec("written") { Type = BpfMapType.UserRingbuf, MaxEntries = 64 * 4096 });
        using var ring = new BpfUserRingBuffer(map);

        Race.Run(Race.Times(Threads, thread =>
        {
            for (int i = 0; i < Each; i++)
                ring.TryWrite(((long)thread << 32) | (uint)i).Should().BeTrue();
        }));

        // What a program would drain: each record whole, those of one thread in their order.
        using var pages = new MappedPages(map.Handle, Environment.SystemPageSize, Environment.SystemPageSize + (2L * map.MaxEntries), writable: true, "the ring");
        int[] next = new int[Threads];
        foreach (long record in Records(pages, Threads * Each))
            ((int)record).Should().Be(next[record >> 32]++);
        next.Should().AllBeEquivalentTo(Each);
    }

    private static unsafe long[] Records(MappedPages pages, int count)
    {
        long[] records = new long[count];
        for (int i = 0; i < count; i++)
            records[i] = Marshal.ReadInt64((nint)pages.Start + Environment.SystemPageSize + (i * 16) + 8);
        return records;
    }
}
