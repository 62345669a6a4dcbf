using SharpFuzz.Common;

namespace P3Ebpf.Fuzz.Tests;

/// <summary>The search itself, on a target that counts its edges as instrumented code does.</summary>
public sealed unsafe class CampaignTests : IDisposable
{
    private readonly string _findings = Directory.CreateTempSubdirectory("p3ebpf-fuzz-").FullName;

    public CampaignTests() => Coverage.Install();

    public void Dispose() => Directory.Delete(_findings, recursive: true);

    [Fact]
    public void A_fault_behind_three_right_bytes_is_found_byte_by_byte()
    {
        using var campaign = new Campaign(Staircase("BTF"u8.ToArray()), seed: 1, _findings);
        campaign.Add([[0, 0, 0]]);
        while (campaign.Findings == 0 && campaign.Inputs < 200_000)
            campaign.Run(TimeSpan.MaxValue, 500);

        campaign.Findings.Should().Be(1, "bytes at random would take sixteen million inputs");
        campaign.Edges.Should().Be(4);
        File.ReadAllBytes(Directory.GetFiles(_findings).Should().ContainSingle().Subject).Should().StartWith("BTF"u8.ToArray());
    }

    [Fact]
    public void Of_inputs_that_reach_the_same_the_shortest_is_kept()
    {
        using var campaign = new Campaign(Staircase([1, 2, 3]), seed: 1, _findings);
        campaign.Add([[1, 2, 0, 0, 0], [1, 2], [1, 2, 0]]);

        campaign.Corpus.Should().ContainSingle().Which.Should().Equal(1, 2);
    }

    [Fact]
    public void Taking_an_edge_more_often_is_new_by_orders_of_magnitude_alone()
    {
        var coverage = new Coverage();
        bool Takes(byte times)
        {
            Coverage.Begin();
            Trace.SharedMem[77] = times;
            return coverage.IsNew();
        }

        new byte[] { 1, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 127, 128, 255 }.Select(Takes).Should()
            .Equal(true, false, true, true, true, false, true, false, true, false, true, false, true, false);
        coverage.Edges.Should().Be(1);
    }

    [Fact]
    public void A_cover_reaches_all_with_the_few_that_reach_most_and_no_more_bytes_than_allowed()
    {
        byte[] Large(byte first) => [first, .. new byte[150 << 10]];
        var target = new FuzzTarget("cover", static () => [[1]], static input =>
        {
            foreach (byte edge in input.Where(edge => edge != 0))
                Trace.SharedMem[edge]++;
        });

        (List<byte[]> inputs, int edges) = Cover.Of(target, [[2], [3], [2, 3, 4], [1, 4], [5], Large(6), Large(7)]);

        inputs.Should().HaveCount(3);
        inputs[0].Should().Equal(2, 3, 4);
        inputs[1].Should().Equal(5);
        inputs[2].Should().StartWith([6], "there is no room for both of the large ones");
        edges.Should().Be(6);
    }

    /// <summary>A step up for each byte that is right, an edge each; the last one is a fall.</summary>
    private static FuzzTarget Staircase(byte[] right) => new("staircase", static () => [], input =>
    {
        Trace.SharedMem[0]++;
        for (int i = 0; i < right.Length && i < input.Length && input[i] == right[i]; i++)
        {
            Trace.SharedMem[i + 1]++;
            if (i == right.Length - 1)
                throw new InvalidOperationException("fell");
        }
    });
}
