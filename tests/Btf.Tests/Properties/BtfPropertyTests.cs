using CsCheck;

namespace P3Ebpf.Btf.Tests.Properties;

/// <summary>What holds of all BTF; tried on some by chance. A failure prints the seed that repeats it (<c>CsCheck_Seed</c>), <c>CsCheck_Iter</c> tries more.</summary>
public sealed class BtfPropertyTests
{
    private const int Times = 300;

    /// <summary>As many numbers as types.</summary>
    private static readonly Gen<List<uint>> Genes = Gen.UInt.List[0, 40];

    [Fact]
    public void What_is_written_is_read() => Genes.Sample(
        genes =>
        {
            BtfBuilder builder = GeneratedBtf.Of(genes, uniqueNames: false);
            BtfSpec read = BtfSpec.Parse(builder.ToArray());

            BtfChecker.Check(read.Data.ToArray()).HasErrors.Should().BeFalse();
            foreach (BtfByteOrder order in (BtfByteOrder[])[BtfByteOrder.LittleEndian, BtfByteOrder.BigEndian])
            {
                BtfSpec again = BtfSpec.Parse(BtfBuilder.CopyOf(read).ToArray(new BtfWriteOptions { ByteOrder = order }));
                Text(again).Should().Be(Text(read));
            }
        },
        iter: Times, threads: 1);

    [Fact]
    public void Deduplicating_leaves_what_types_mean() => Genes.Sample(
        genes =>
        {
            BtfSpec spec = GeneratedBtf.Of(genes, uniqueNames: false).ToSpec();

            BtfDeduplication once = BtfDeduplicator.Deduplicate(spec);

            foreach (BtfType type in spec.OwnTypes)
            {
                BtfType kept = once.Spec[once.MapId(type.Id)];
                Meaning.AreSame(type, kept).Should().BeTrue($"{type} and {kept} mean the same");
            }

            BtfDeduplicator.Deduplicate(once.Spec).Spec.TypeCount.Should().Be(once.Spec.TypeCount, "there is nothing left to fold");
        },
        iter: Times, threads: 1);

    [Fact]
    public void The_same_types_twice_are_folded_into_those_of_once() => Genes.Sample(
        genes =>
        {
            BtfSpec spec = GeneratedBtf.Of(genes, uniqueNames: true).ToSpec();
            BtfBuilder twice = BtfBuilder.CopyOf(spec);
            _ = twice.AddAll(spec);

            BtfSpec folded = BtfDeduplicator.Deduplicate(twice.ToSpec()).Spec;

            folded.TypeCount.Should().Be(BtfDeduplicator.Deduplicate(spec).Spec.TypeCount);
            BtfComparison.Compare(spec, folded).Differences.Should().BeEmpty();
        },
        iter: Times, threads: 1);

    [Fact]
    public void Nothing_differs_from_itself_and_what_differs_does_so_both_ways() => Gen.Select(Genes, Genes).Sample(
        (one, other) =>
        {
            BtfSpec first = GeneratedBtf.Of(one, uniqueNames: false).ToSpec(), second = GeneratedBtf.Of(other, uniqueNames: false).ToSpec();

            BtfComparison.Compare(first, first).Differences.Should().BeEmpty();
            Counts(BtfComparison.Compare(first, second)).Should().Be(Swapped(Counts(BtfComparison.Compare(second, first))));
        },
        iter: Times, threads: 1);

    [Fact]
    public void A_compiler_lays_out_what_is_printed_as_the_BTF_says() => Gen.UInt.List[200, 300].Sample(
        genes =>
        {
            BtfSpec spec = GeneratedBtf.Of(genes, uniqueNames: true).ToSpec();

            Print.BtfCCompilationTests.Compile("x86_64-linux-gnu", "-DBPF_NO_PRESERVE_ACCESS_INDEX", output =>
            {
                BtfCPrinter.Write(spec, output);
                BtfCAssertions.Write(spec, output);
            }).Should().BeEmpty();
        },
        iter: 4, threads: 1);

    private static string Text(BtfSpec spec)
    {
        using var output = new MemoryStream();
        BtfRawPrinter.Write(spec, output);
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }

    private static (int Added, int Removed, int Changed) Counts(BtfComparison comparison) =>
        (comparison.Differences.Count(each => each.Change == BtfChange.Added), comparison.Differences.Count(each => each.Change == BtfChange.Removed),
            comparison.Differences.Count(each => each.Change == BtfChange.Changed));

    private static (int Added, int Removed, int Changed) Swapped((int Added, int Removed, int Changed) counts) => (counts.Removed, counts.Added, counts.Changed);

    /// <summary>Whether two graphs of types are the same, however many nodes they have; a forward declaration may stand for what it declares.</summary>
    private static class Meaning
    {
        public static bool AreSame(BtfType left, BtfType right) => AreSame(left, right, []);

        private static bool AreSame(BtfType left, BtfType right, HashSet<(BtfTypeId, BtfTypeId)> met)
        {
            if (left.IsVoid || right.IsVoid)
                return left.IsVoid && right.IsVoid;
            if (!met.Add((left.Id, right.Id)))
                return true;
            if (left.Name != right.Name)
                return false;
            if (left.Kind == BtfKind.Fwd && right.IsComposite)
                return left.ForwardKind == right.Kind;
            if (left.Kind != right.Kind)
                return false;
            bool Follow(BtfTypeId ours, BtfTypeId theirs) => AreSame(left.Spec[ours], right.Spec[theirs], met);
            switch (left.Kind)
            {
                case BtfKind.Int:
                    return left.Size == right.Size && left.Int.Equals(right.Int);
                case BtfKind.Float:
                    return left.Size == right.Size;
                case BtfKind.Fwd:
                    return left.ForwardKind == right.ForwardKind;
                case BtfKind.Struct or BtfKind.Union:
                    if (left.Size != right.Size || left.Members.Count != right.Members.Count)
                        return false;
                    for (int i = 0; i < left.Members.Count; i++)
                    {
                        BtfMember ours = left.Members[i], theirs = right.Members[i];
                        if (ours.Name != theirs.Name || ours.BitOffset != theirs.BitOffset || ours.BitfieldSize != theirs.BitfieldSize || !Follow(ours.TypeId, theirs.TypeId))
                            return false;
                    }

                    return true;
                case BtfKind.Enum or BtfKind.Enum64:
                    if (left.Size != right.Size || left.Enumerators.Count != right.Enumerators.Count)
                        return false;
                    for (int i = 0; i < left.Enumerators.Count; i++)
                        if (left.Enumerators[i].Name != right.Enumerators[i].Name || left.Enumerators[i].Value != right.Enumerators[i].Value)
                            return false;
                    return true;
                case BtfKind.Array:
                    return left.Array.Length == right.Array.Length && Follow(left.Array.ElementTypeId, right.Array.ElementTypeId);
                case BtfKind.FuncProto:
                    if (left.Parameters.Count != right.Parameters.Count || !Follow(left.TargetId, right.TargetId))
                        return false;
                    for (int i = 0; i < left.Parameters.Count; i++)
                        if (left.Parameters[i].Name != right.Parameters[i].Name || !Follow(left.Parameters[i].TypeId, right.Parameters[i].TypeId))
                            return false;
                    return true;
                default:
                    return Follow(left.TargetId, right.TargetId);
            }
        }
    }
}
