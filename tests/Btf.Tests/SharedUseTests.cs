namespace P3Ebpf.Btf.Tests;

/// <summary>Many threads read one BTF whose indexes nobody has needed before.</summary>
public sealed class SharedUseTests
{
    private const int Threads = 6;

    [Fact]
    public void Names_sizes_and_texts_are_the_same_for_every_thread()
    {
        byte[] data = TestData.Btf("vmlinux-6.1.0-56-cloud-amd64");
        string[] expected = Read(BtfSpec.Parse(data), 0);
        BtfSpec shared = BtfSpec.Parse(data);
        string[][] found = new string[Threads][];

        Race.Run(Race.Times(Threads, i => found[i] = Read(shared, i)));

        foreach (string[] each in found)
            each.Order(StringComparer.Ordinal).Should().Equal(expected.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void One_BTF_is_printed_deduplicated_and_compared_by_many_threads()
    {
        byte[] data = TestData.Btf("dedup/uapi3");
        BtfSpec shared = BtfSpec.Parse(data);
        byte[] deduplicated = BtfDeduplicator.Deduplicate(BtfSpec.Parse(data)).Spec.Data.ToArray();

        Race.Run(Race.Times(Threads, _ =>
        {
            BtfDeduplicator.Deduplicate(shared).Spec.Data.ToArray().Should().Equal(deduplicated);
            BtfComparison.Compare(shared, shared).Differences.Should().BeEmpty();
            BtfCPrinter.Write(shared, Stream.Null);
        }));
    }

    /// <summary>Begins elsewhere for each thread, so that they meet in the middle.</summary>
    private static string[] Read(BtfSpec spec, int thread)
    {
        const int Step = 97;
        int count = spec.OwnTypeCount / Step;
        string[] read = new string[count];
        for (int i = 0; i < count; i++)
        {
            int at = (i + (thread * count / Threads)) % count;
            BtfType type = spec[new BtfTypeId((uint)(1 + (at * Step)))];
            int namesakes = 0;
            if (!type.Name.IsEmpty)
                foreach (BtfType _ in spec.FindAllFlavors(type.Name.Bytes))
                    namesakes++;
            _ = spec.TryGetSize(type.Id, out uint size);
            read[at] = $"{type.Id} {BtfTypeNames.TypeName(spec, type.Id)} {size} {namesakes}";
        }

        return read;
    }
}
