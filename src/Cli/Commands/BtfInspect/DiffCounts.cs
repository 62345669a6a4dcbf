
namespace P3Ebpf.Cli.Commands.BtfInspect;

/// <summary>How many types differ.</summary>
internal sealed record DiffCounts(int Added, int Removed, int Changed)
{
    public static DiffCounts Of(IReadOnlyCollection<BtfTypeDifference> differences)
    {
        return new(Count(BtfChange.Added), Count(BtfChange.Removed), Count(BtfChange.Changed));

        int Count(BtfChange change) => differences.Count(difference => difference.Change == change);
    }

    /// <summary>Kind by kind, in the order in which they come.</summary>
    public static IReadOnlyDictionary<string, DiffCounts> ByKind(IEnumerable<BtfTypeDifference> differences) =>
        differences.GroupBy(KindOf).ToDictionary(group => group.Key, group => Of([.. group]));

    public static string KindOf(BtfTypeDifference difference) => BtfKindNames.Keyword(difference.New ?? difference.Old!.Value);
}
