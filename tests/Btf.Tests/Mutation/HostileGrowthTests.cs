namespace P3Ebpf.Btf.Tests.Mutation;

/// <summary>
/// Input that is made to cost as much as it can: what each operation allocates grows with it, and not with its square. Time is measured by
/// <c>tests/Mutation --growth</c>; here the larger inputs would keep the tests for minutes if it were the square.
/// </summary>
public sealed class HostileGrowthTests
{
    private const int Small = 1_000;
    private const int Factor = 8;

    /// <summary>What doubles its room as it fills may be half empty at one size and full at the other.</summary>
    private const double Tolerance = 2.2;

    public static TheoryData<string> Families => [.. HostileBtf.Families.Select(family => family.Name)];

    [Theory]
    [MemberData(nameof(Families))]
    public void What_an_operation_allocates_grows_with_the_input(string name)
    {
        Func<int, byte[]> make = HostileBtf.Families.Single(family => family.Name == name).Of;
        BtfSpec small = BtfSpec.Parse(make(Small));
        BtfSpec large = BtfSpec.Parse(make(Small * Factor));
        List<string> found = [];

        foreach ((string operation, Action<BtfSpec, BtfSpec> run) in BtfOperations.All)
        {
            long before = BtfOperations.FixedBytes + Allocated(run, small);
            long after = Allocated(run, large);

            // From some depth on each type of a chain is an error of its own, which the smaller chain does not reach.
            bool isDeep = operation == "query" && name.StartsWith("a chain", StringComparison.Ordinal);
            if (after > before * Factor * Tolerance && !isDeep)
                found.Add($"{operation}: {before} bytes for {small.Data.Length}, {after} for {large.Data.Length}");
            if (after > BtfOperations.AllowedBytes(large) * 2)
                found.Add($"{operation}: {after} bytes for {large.Data.Length}, {BtfOperations.AllowedBytes(large) * 2} allowed");
        }

        found.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void What_is_read_and_checked_takes_memory_by_its_size(string name)
    {
        byte[] data = HostileBtf.Families.Single(family => family.Name == name).Of(Small * Factor);

        Allocated(() => BtfSpec.Parse(data)).Should().BeLessThan((1 << 14) + (4L * data.Length));
        Allocated(() => BtfChecker.Check(data)).Should().BeLessThan(BtfOperations.FixedBytes + (64L * data.Length));
    }

    private static long Allocated(Action<BtfSpec, BtfSpec> run, BtfSpec spec) => Allocated(() => run(spec, spec));

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            action();
        }
        catch (BtfFormatException)
        {
            // Refused, which is as good.
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
