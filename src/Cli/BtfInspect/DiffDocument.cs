
namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The answer of <c>btf-inspect diff --json</c>.</summary>
/// <param name="Old">The older file.</param>
/// <param name="New">The newer file.</param>
/// <param name="Summary">How many types of each kind differ.</param>
/// <param name="Types">The types that differ.</param>
internal sealed record DiffDocument(string Old, string New, IReadOnlyDictionary<string, DiffCounts> Summary, IReadOnlyList<DiffDocument.TypeChange> Types) : CliDocument
{
    public static DiffDocument From(string old, string now, IReadOnlyList<BtfTypeDifference> differences) =>
        new(old, now, DiffCounts.ByKind(differences), [.. differences.Select(TypeChange.From)]);

    /// <param name="Change">added, removed or changed.</param>
    /// <param name="Kind">C's word for its kind.</param>
    /// <param name="Name">Its name, the newer one where there are two.</param>
    /// <param name="OldName">The name that it had; null where it was added.</param>
    /// <param name="OldId">Its number in the older file.</param>
    /// <param name="NewId">Its number in the newer file.</param>
    /// <param name="OldSize">Bytes that it had.</param>
    /// <param name="NewSize">Bytes that it has.</param>
    /// <param name="OldText">What a function, typedef or variable was, as C writes it.</param>
    /// <param name="NewText">What it is.</param>
    /// <param name="Fields">The fields that differ.</param>
    /// <param name="Values">The values of an enumeration that differ.</param>
    internal sealed record TypeChange(
        string Change,
        string Kind,
        string Name,
        string? OldName,
        uint? OldId,
        uint? NewId,
        uint? OldSize,
        uint? NewSize,
        string? OldText,
        string? NewText,
        IReadOnlyList<FieldChange> Fields,
        IReadOnlyList<ValueChange> Values)
    {
        public static TypeChange From(BtfTypeDifference difference) => new(
            Words.Of(difference.Change),
            DiffCounts.KindOf(difference),
            difference.Name,
            difference.Old?.Name.ToString(),
            difference.Old?.Id.Value,
            difference.New?.Id.Value,
            difference.OldSize,
            difference.NewSize,
            difference.OldText,
            difference.NewText,
            [.. difference.Fields.Select(FieldChange.From)],
            [.. difference.Enumerators.Select(ValueChange.From)]);
    }

    /// <param name="Name">Its name, the newer one where there are two; <c>outer.inner</c> within an unnamed type.</param>
    /// <param name="Changes">added, removed, renamed, moved, resized, retyped.</param>
    /// <param name="Old">As it was; null where it was added.</param>
    /// <param name="New">As it is; null where it was removed.</param>
    internal sealed record FieldChange(string Name, IReadOnlyList<string> Changes, Field? Old, Field? New)
    {
        public static FieldChange From(BtfFieldDifference difference) => new(
            (difference.New ?? difference.Old!).Path,
            [.. Enum.GetValues<BtfFieldChanges>().Where(change => change != BtfFieldChanges.None && difference.Changes.HasFlag(change)).Select(Words.Of)],
            Field.From(difference.Old),
            Field.From(difference.New));
    }

    /// <param name="Name">Its name.</param>
    /// <param name="Type">Its type, as C writes it.</param>
    /// <param name="Offset">Whole bytes; within an unnamed type, from the start of that.</param>
    /// <param name="BitOffset">Bits.</param>
    /// <param name="BitSize">Bits.</param>
    internal sealed record Field(string Name, string Type, uint Offset, uint BitOffset, ulong BitSize)
    {
        public static Field? From(BtfField? field) =>
            field is null ? null : new Field(field.Path, field.Type, field.BitOffset / 8, field.BitOffset, field.BitSize);
    }

    /// <param name="Name">Its name.</param>
    /// <param name="Old">As it was; null where it was added.</param>
    /// <param name="New">As it is; null where it was removed.</param>
    internal sealed record ValueChange(string Name, decimal? Old, decimal? New)
    {
        public static ValueChange From(BtfEnumeratorDifference difference) => new(
            (difference.New ?? difference.Old!).Value.Name.ToString(),
            difference.Old is { } old ? EnumValue.ValueOf(old) : null,
            difference.New is { } now ? EnumValue.ValueOf(now) : null);
    }
}
