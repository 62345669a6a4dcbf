using P3Ebpf.CoRe.Differential;

namespace P3Ebpf.Object.Tests.Relocation;

/// <summary>
/// What libbpf made of each committed object against each captured kernel; <c>tests/CoRe.Differential</c> with <c>sample</c> writes it, and compares any
/// number of generated objects besides.
/// </summary>
public sealed class ExpectedInstructionsTests
{
    public static TheoryData<string> Kernels => [.. Expected.Select(line => line[1]).Distinct()];

    private static string[][] Expected { get; } = [.. File.ReadLines(TestData.PathOf(ExpectedSample.File)).Select(line => line.Split('\t'))];

    [Fact]
    public void The_objects_of_the_sample_are_committed_and_those_that_are_for_it_are_in_it()
    {
        string[] sampled = [.. Expected.Select(line => line[0]).Distinct()];
        sampled.Should().BeSubsetOf(ExpectedSample.Objects());
        sampled.Should().Contain(ExpectedSample.Objects().Where(path => path.StartsWith("testdata/core/", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void All_instructions_are_those_of_libbpf(string kernel)
    {
        var target = new CoreTarget(BtfSpec.Parse(TestData.Btf(kernel)));
        string[][] lines = [.. Expected.Where(line => line[1] == kernel)];

        string[] differences = [.. from line in lines
                                   let own = new OwnRelocation(TestData.PathOf(line[0]), target)
                                   let outcome = ExpectedSample.Describe(own.Outcome, own)
                                   where outcome != line[2]
                                   select $"{line[0]}: {outcome}, libbpf {line[2]}"];

        differences.Should().BeEmpty();
        lines.Count(line => !line[2].StartsWith("refused", StringComparison.Ordinal)).Should().BePositive();
    }
}
