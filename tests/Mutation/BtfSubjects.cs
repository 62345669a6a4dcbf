using P3Ebpf.Btf.Tests.Check;
using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Mutation;

/// <summary>BTF to be damaged, read, checked, printed, copied, deduplicated and compared.</summary>
internal static class BtfSubjects
{
    public const string Kernel = "vmlinux-6.12.117-amd64";

    /// <summary>Some hundreds of bytes up to some thousands: thousands of mutants a second.</summary>
    public static IEnumerable<Subject> Small()
    {
        foreach (bool big in new[] { false, true })
        {
            BtfBytes sample = BtfBytes.Sample();
            sample.IsBigEndian = big;
            yield return Of($"every kind, {(big ? "big" : "little")}-endian", sample.Build(), null);
        }

        foreach (string name in new[] { "a", "b", "d", "uapi3" })
            yield return Of(name, TestData.Btf("dedup/" + name), null);
        yield return Of("nested", Nested(), null);
    }

    /// <summary>A split BTF together with its distilled base, damaged in turn, and put onto the BTF of a kernel.</summary>
    public static IEnumerable<Subject> Distilled()
    {
        const string Name = "distilled-7.2.13-nf_conntrack";
        byte[] baseBytes = TestData.Btf(Name + ".base");
        byte[] splitBytes = TestData.Btf(Name);
        var distilled = BtfSpec.Parse(baseBytes);
        var split = BtfSpec.Parse(splitBytes, new BtfReadOptions { Base = distilled });
        yield return Of(Name + ".base", baseBytes, null);
        yield return Of(Name, splitBytes, distilled);

        // The kernel for which the base was made is large; what has all of its types, under other ids, is as good.
        var kernel = new BtfBuilder();
        _ = kernel.AddStruct("another", 0);
        _ = kernel.AddAll(distilled);
        BtfSpec newBase = kernel.ToSpec();
        yield return new Subject(Name + ".base under its split BTF", baseBytes, splitBytes.Length, (data, _, trial) =>
        {
            if (TryParse(trial, data, null) is { } damaged && TryParse(trial, splitBytes, damaged) is { } onDamaged)
                Relocate(trial, onDamaged, newBase);
        });
        yield return new Subject(Name + " onto a kernel", splitBytes, baseBytes.Length, (data, _, trial) =>
        {
            if (TryParse(trial, data, distilled) is { } damaged)
                Relocate(trial, damaged, newBase);
        });
        yield return new Subject("a kernel under " + Name, newBase.Data.ToArray(), splitBytes.Length + baseBytes.Length, (data, _, trial) =>
        {
            if (TryParse(trial, data, null) is { } damaged)
                Relocate(trial, split, damaged);
        });
    }

    public static IEnumerable<Subject> Modules()
    {
        var kernel = BtfSpec.Parse(TestData.Btf(Kernel));
        yield return Of("mod-6.12.117-amd64.bridge", TestData.Btf("mod-6.12.117-amd64.bridge"), kernel);
        yield return Of("mod-6.12.117-amd64.nf_conntrack", TestData.Btf("mod-6.12.117-amd64.nf_conntrack"), kernel);
    }

    public static Subject Large() => Of(Kernel, TestData.Btf(Kernel), null);

    public static BtfSpec? TryParse(Trial trial, byte[] data, BtfSpec? baseSpec, int? pointerSize = null)
    {
        BtfSpec? spec = null;
        _ = trial.Run(
            "parse", (1 << 14) + (4L * data.Length),
            () => spec = BtfSpec.Parse(data, new BtfReadOptions { Base = baseSpec, PointerSize = pointerSize }), static e => e is BtfFormatException);
        return spec;
    }

    private static Subject Of(string name, byte[] data, BtfSpec? baseSpec)
    {
        var original = BtfSpec.Parse(data, new BtfReadOptions { Base = baseSpec });
        return new Subject(name, data, Length(baseSpec), (mutant, _, trial) => Try(trial, mutant, baseSpec, original));
    }

    private static void Try(Trial trial, byte[] data, BtfSpec? baseSpec, BtfSpec original)
    {
        BtfSpec? spec = TryParse(trial, data, baseSpec);
        long allowedToCheck = BtfOperations.FixedBytes + (64 * (data.Length + Length(baseSpec)));
        _ = trial.Run("check", allowedToCheck, () => Agree(BtfChecker.Check(data, new BtfCheckOptions { Base = baseSpec }), spec), static _ => false);
        if (spec is null)
            return;
        bool isOpaque = BtfOperations.HasOpaqueTypes(spec);
        long allowed = BtfOperations.AllowedBytes(spec) + BtfOperations.AllowedBytes(original);
        foreach ((string name, Action<BtfSpec, BtfSpec> run) in BtfOperations.All)
        {
            _ = trial.Run(
                name, allowed, () => run(spec, original),
                e => e is BtfFormatException || (isOpaque && e is NotSupportedException));
        }
    }

    private static void Relocate(Trial trial, BtfSpec split, BtfSpec newBase)
    {
        bool isOpaque = BtfOperations.HasOpaqueTypes(split);
        _ = trial.Run(
            "distilled", BtfOperations.AllowedBytes(split) + BtfOperations.AllowedBytes(newBase), () => BtfDistilledBase.Relocate(split, newBase),
            e => e is BtfFormatException || (isOpaque && e is NotSupportedException));
    }

    private static void Agree(BtfCheckReport report, BtfSpec? spec)
    {
        if (report.HasErrors != spec is null)
            throw new InvalidOperationException($"The reader {(spec is null ? "refuses" : "accepts")} what the checker judges: {report.Summary}");
    }

    /// <summary>Unnamed structs, pointers, arrays and prototypes within each other: one wrong id makes them a trap.</summary>
    private static byte[] Nested()
    {
        const int Depth = 12;
        var btf = new BtfBytes();
        uint number = btf.Int();
        uint inner = number;
        for (int i = 0; i < Depth; i++)
        {
            uint pointer = btf.Add(BtfKind.Ptr, "", inner);
            uint prototype = btf.FuncProto(pointer, ("first", pointer), ("second", pointer));
            uint callback = btf.Add(BtfKind.Ptr, "", prototype);
            uint array = btf.Add(BtfKind.Array, "", 0, tail: [inner, number, 1]);
            uint union = btf.Add(BtfKind.Union, "", 4u << (2 * i), 2, tail: [0, inner, 0, btf.Name("u" + i), array, 0]);
            inner = btf.Struct(i % 4 == 3 ? "outer" + i : "", 16u << (2 * i), ("", inner, 0), ("call" + i, callback, 8), ("", union, 32), ("more" + i, inner, 64));
            if (i % 4 == 3)
                inner = btf.Add(BtfKind.Typedef, "outer_t" + i, inner);
        }

        return btf.Build();
    }

    private static long Length(BtfSpec? spec) => spec is null ? 0 : spec.Data.Length + Length(spec.Base);
}
