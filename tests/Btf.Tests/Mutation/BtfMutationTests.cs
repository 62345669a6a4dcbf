using P3Ebpf.Btf.Tests.Check;

namespace P3Ebpf.Btf.Tests.Mutation;

/// <summary>A short run of random damage; <c>tests/Mutation</c> is the long one.</summary>
public class BtfMutationTests
{
    private const int Mutants = 400;

    public static TheoryData<string> Operations => new(BtfOperations.All.Select(operation => operation.Name));

    [Theory]
    [MemberData(nameof(Operations))]
    public void Damaged_BTF_is_dealt_with_or_refused(string name)
    {
        Action<BtfSpec, BtfSpec> run = BtfOperations.All.Single(operation => operation.Name == name).Run;
        byte[][] inputs = [BtfBytes.Sample().Build(), TestData.Btf("dedup/a"), TestData.Btf("dedup/uapi3")];
        BtfSpec[] originals = [.. inputs.Select(input => BtfSpec.Parse(input))];
        int done = 0;

        for (int seed = 0; seed < Mutants; seed++)
        {
            BtfSpec original = originals[seed % inputs.Length];
            if (Parse(new Mutator(seed).Mutate(inputs[seed % inputs.Length])) is not { } spec || BtfOperations.HasOpaqueTypes(spec))
                continue;
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                run(spec, original);
                done++;
            }
            catch (BtfFormatException)
            {
                // Refused, which is as good.
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            allocated.Should().BeLessThan(BtfOperations.AllowedBytes(spec) + BtfOperations.AllowedBytes(original), "seed {0} is small", seed);
        }

        done.Should().BeGreaterThan(Mutants / 10, "the damage must leave something to work with");
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Types_that_multiply_are_no_trap(string name)
    {
        Action<BtfSpec, BtfSpec> run = BtfOperations.All.Single(operation => operation.Name == name).Run;
        BtfSpec spec = BtfSpec.Parse(Multiplying("root"));
        BtfSpec other = BtfSpec.Parse(Multiplying("root", "more"));

        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            run(spec, other);
        }
        catch (BtfFormatException)
        {
            // Refused, which is as good.
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(BtfOperations.AllowedBytes(spec) + BtfOperations.AllowedBytes(other));
    }

    /// <summary>Unions that hold the one before twice, named and unnamed, and prototypes that take and return themselves.</summary>
    private static byte[] Multiplying(params string[] members)
    {
        const int Levels = 40;
        var btf = new BtfBytes();
        uint named = btf.Int();
        uint unnamed = named;
        for (int i = 0; i < Levels; i++)
        {
            named = btf.Add(BtfKind.Union, "level" + i, 4, 2, tail: [btf.Name("a" + i), named, 0, btf.Name("b" + i), named, 0]);
            unnamed = btf.Add(BtfKind.Union, "", 4, 2, tail: [0, unnamed, 0, 0, unnamed, 0]);
        }

        uint pointer = btf.Add(BtfKind.Ptr, "", named + 3);
        _ = btf.FuncProto(pointer, ("self", pointer), ("again", pointer));
        _ = btf.Add(BtfKind.Func, "work", pointer + 1, 1);
        _ = btf.Add(BtfKind.Typedef, "work_t", pointer);
        _ = btf.Struct("holder", 16, [("", unnamed, 0), ("call", pointer, 64), .. members.Select(member => (member, unnamed, 0u))]);
        return btf.Build();
    }

    private static BtfSpec? Parse(byte[] data)
    {
        try
        {
            return BtfSpec.Parse(data);
        }
        catch (BtfFormatException)
        {
            return null;
        }
    }
}
