namespace P3Ebpf.Btf.Tests.Mutation;

/// <summary>
/// Everything that is done with a BTF once it is read. Whatever the BTF is, each of these does its work, or refuses it by a
/// <see cref="BtfFormatException"/>.
/// </summary>
internal static class BtfOperations
{
    /// <summary>How many bytes an operation may allocate for BTF of any size: buffers, and tables that start large.</summary>
    public const long FixedBytes = 1 << 18;

    /// <summary>
    /// How many bytes an operation may allocate for each byte of the BTF and its bases. Only comparing unnamed structs within each other
    /// comes near it: all of the others together stay below a quarter.
    /// </summary>
    private const long Multiple = 96;

    /// <summary>
    /// And how many for each byte of its raw text: names may be parts of one another, so that they are longer together than the BTF.
    /// </summary>
    private const long TextMultiple = 16;

    private const int MaxLayouts = 4;
    private const int MaxNames = 64;

    private static readonly BtfFeatures[] OldKernels =
    [
        BtfFeatures.None, BtfFeatures.Func, BtfFeatures.Func | BtfFeatures.DataSec, BtfFeatures.All & ~BtfFeatures.Layout,
        BtfFeatures.All & ~(BtfFeatures.Enum64 | BtfFeatures.TypeTag | BtfFeatures.QuestionDataSec),
    ];

    /// <summary>What to do: with a damaged BTF, and the BTF that it was before.</summary>
    public static (string Name, Action<BtfSpec, BtfSpec> Run)[] All { get; } =
    [
        ("raw", static (spec, _) => BtfRawPrinter.Write(spec, Stream.Null)),
        ("json", static (spec, _) => BtfJsonPrinter.Write(spec, Stream.Null)),
        ("c", static (spec, _) => BtfCPrinter.Write(spec, Stream.Null)),
        ("assertions", static (spec, _) => BtfCAssertions.Write(spec, Stream.Null)),
        ("layout", static (spec, _) => WriteLayouts(spec)),
        ("copy", static (spec, _) => Copy(spec)),
        ("append", static (spec, original) => Append(spec, original)),
        ("downgrade", static (spec, _) => Downgrade(spec)),
        ("dedup", static (spec, _) => Deduplicate(spec)),
        ("diff", static (spec, original) => Compare(spec, original)),
        ("query", static (spec, _) => Query(spec)),
    ];

    /// <summary>How many bytes an operation may allocate.</summary>
    public static long AllowedBytes(BtfSpec spec)
    {
        long length = 0;
        for (BtfSpec? layer = spec; layer is not null; layer = layer.Base)
            length += layer.Data.Length;
        using var text = new MemoryStream();
        BtfRawPrinter.Write(spec, text);
        return FixedBytes + (Multiple * length) + (TextMultiple * text.Length);
    }

    /// <summary>Whether the BTF has records that can be read over but, as is documented, not copied.</summary>
    public static bool HasOpaqueTypes(BtfSpec spec)
    {
        foreach (BtfType type in spec.OwnTypes)
        {
            if (type.Kind > BtfKind.Enum64)
                return true;
        }

        return false;
    }

    private static void WriteLayouts(BtfSpec spec)
    {
        int step = Math.Max(1, spec.OwnTypeCount / MaxLayouts);
        for (uint id = spec.FirstId.Value; id < spec.TypeCount; id += (uint)step)
        {
            try
            {
                _ = BtfLayoutPrinter.ToText(spec[new BtfTypeId(id)]);
            }
            catch (BtfFormatException)
            {
                // The next one may be sound.
            }
        }
    }

    private static void Copy(BtfSpec spec)
    {
        BtfSpec copy = BtfBuilder.CopyOf(spec).ToSpec();
        Require(copy.OwnTypeCount == spec.OwnTypeCount, "a copy has as many types");
        foreach (BtfType type in spec.OwnTypes)
            Require(copy[type.Id].RecordBytes.SequenceEqual(type.RecordBytes), "the records of a copy are the same");
    }

    private static void Append(BtfSpec spec, BtfSpec original)
    {
        var builder = new BtfBuilder(spec.Base);
        _ = builder.AddAll(original);
        BtfTypeId first = builder.AddAll(spec);
        BtfSpec both = builder.ToSpec();
        Require(both.OwnTypeCount == original.OwnTypeCount + spec.OwnTypeCount, "all types are there");
        foreach (BtfType type in spec.OwnTypes)
        {
            BtfType appended = both[new BtfTypeId(first.Value + (type.Id.Value - spec.FirstId.Value))];
            Require(appended.Kind == type.Kind && appended.Name == type.Name && appended.Vlen == type.Vlen, "appended types are the same");
        }
    }

    private static void Downgrade(BtfSpec spec)
    {
        foreach (BtfFeatures features in OldKernels)
            Require(BtfDowngrader.Downgrade(spec, features).OwnTypeCount >= spec.OwnTypeCount, "a downgrade keeps every id");
    }

    private static void Deduplicate(BtfSpec spec)
    {
        BtfSpec once = BtfDeduplicator.Deduplicate(spec).Spec;
        Require(once.OwnTypeCount <= spec.OwnTypeCount, "deduplication adds no types");
    }

    private static void Compare(BtfSpec spec, BtfSpec original)
    {
        _ = BtfComparison.Compare(original, spec).Differences.Count;
        Require(BtfComparison.Compare(spec, spec).Differences.Count == 0, "nothing differs from itself");
    }

    private static void Query(BtfSpec spec)
    {
        int told = 0;
        foreach (BtfType type in spec.OwnTypes)
        {
            _ = spec.TryGetSize(type.Id, out _);
            _ = spec.AlignmentOf(type.Id);
            if (!type.Name.IsEmpty)
                Require(spec.TryFind(type.Name.Bytes, type.Kind, out _), "what has a name is found by it");
            try
            {
                _ = spec.ResolveModifiers(type.Id);
                _ = told++ < MaxNames ? type + BtfTypeNames.TypeName(spec, type.Id) : null;
            }
            catch (BtfFormatException)
            {
                // The next one may be sound.
            }
        }

        _ = BtfNameDistance.FindSimilar(spec, "task_struct");
    }

    private static void Require(bool condition, string rule)
    {
        if (!condition)
            throw new InvalidOperationException("Broken: " + rule + ".");
    }
}
