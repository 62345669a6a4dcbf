using System.Globalization;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The text of <c>btf-inspect diff</c>: what became of each type, then how many there are.</summary>
internal static class DiffReport
{
    /// <summary>So many fields that moved together make one line; a field that was put in moves all behind it.</summary>
    private const int ShortestRun = 3;

    public static void Write(LineWriter writer, IReadOnlyList<BtfTypeDifference> differences)
    {
        if (differences.Count == 0)
        {
            writer.WriteLine("no differences");
            return;
        }

        foreach (string line in differences.SelectMany(LinesOf))
            writer.WriteLine(line);
        writer.WriteLine();
        var table = new TextTable("KIND", ">ADDED", ">REMOVED", ">CHANGED");
        foreach ((string kind, DiffCounts counts) in DiffCounts.ByKind(differences).Append(new("all", DiffCounts.Of([.. differences]))))
            table.Add(kind, Number(counts.Added), Number(counts.Removed), Number(counts.Changed));
        table.Write(writer);
    }

    /// <summary>What became of a type: a line that begins with what happened, and for one that changed what did.</summary>
    public static IEnumerable<string> LinesOf(BtfTypeDifference difference)
    {
        string name = $"{DiffCounts.KindOf(difference)} {difference.Name}";
        return difference.Change switch
        {
            BtfChange.Added => [$"+ {name}{About(difference.NewText, difference.NewSize)}"],
            BtfChange.Removed => [$"- {name}{About(difference.OldText, difference.OldSize)}"],
            _ => LinesOf(difference, name),
        };
    }

    private static string About(string? text, uint? size) => text is not null ? $": {text}" : size is not null ? $": size {size}" : string.Empty;

    private static IEnumerable<string> LinesOf(BtfTypeDifference difference, string name)
    {
        string former = difference.Old!.Value.Name == difference.New!.Value.Name ? string.Empty : $" (was {difference.Old.Value.Name})";
        yield return $"~ {name}{former}{SizeChange(difference)}";
        if (difference.OldText != difference.NewText)
        {
            if (difference.OldText is { } old)
                yield return $"    - {old}";
            if (difference.NewText is { } now)
                yield return $"    + {now}";
        }

        foreach (string field in Fields(difference.Fields))
            yield return $"    {field}";
        foreach (BtfEnumeratorDifference value in difference.Enumerators)
            yield return $"    {Value(value)}";
    }

    private static IEnumerable<string> Fields(IReadOnlyList<BtfFieldDifference> fields)
    {
        int i = 0;
        while (i < fields.Count)
        {
            int end = EndOfRun(fields, i);
            bool isRun = end - i >= ShortestRun;
            yield return isRun ? Run(fields, i, end) : Field(fields[i]);
            i = isRun ? end : i + 1;
        }
    }

    private static string SizeChange(BtfTypeDifference difference) => (difference.OldSize, difference.NewSize) switch
    {
        (null, null) => string.Empty,
        var (old, now) when old == now => $": size {now}",
        var (old, now) => $": size {(old is null ? "none" : Number(old.Value))} -> {(now is null ? "none" : Number(now.Value))}",
    };

    /// <summary>The end of the fields from here on that did nothing but move, all by the same distance.</summary>
    private static int EndOfRun(IReadOnlyList<BtfFieldDifference> fields, int start)
    {
        int end = start;
        while (end < fields.Count && fields[end].Changes == BtfFieldChanges.Moved && Distance(fields[end]) == Distance(fields[start]))
            end++;
        return end;
    }

    private static long Distance(BtfFieldDifference moved) => (long)moved.New!.BitOffset - moved.Old!.BitOffset;

    private static string Run(IReadOnlyList<BtfFieldDifference> fields, int start, int end)
    {
        long distance = Distance(fields[start]);
        string sign = distance < 0 ? "-" : "+";
        return $"~ {end - start} fields, {fields[start].New!.Path} to {fields[end - 1].New!.Path}: moved by {sign}{Amount((ulong)Math.Abs(distance))}";
    }

    private static string Field(BtfFieldDifference difference) => difference switch
    {
        { Old: null, New: { } now } => $"+ {now.Path}: {now.Type}, {Amount(now.BitSize)} at {Place(now)}",
        { Old: { } old, New: null } => $"- {old.Path}: {old.Type}, {Amount(old.BitSize)} at {Place(old)}",
        { Old: { } old, New: { } now } => $"~ {now.Path}: {string.Join("; ", Changes(difference.Changes, old, now))}",
        _ => throw new InvalidOperationException("A field that neither was nor is cannot differ."),
    };

    private static IEnumerable<string> Changes(BtfFieldChanges changes, BtfField old, BtfField now)
    {
        if (changes.HasFlag(BtfFieldChanges.Renamed))
            yield return $"was {old.Path}";
        if (changes.HasFlag(BtfFieldChanges.Moved))
            yield return $"moved {Place(old)} -> {Place(now)}";
        if (changes.HasFlag(BtfFieldChanges.Retyped))
            yield return $"type {old.Type} -> {now.Type}";
        if (changes.HasFlag(BtfFieldChanges.Resized))
            yield return $"size {Amount(old.BitSize)} -> {Amount(now.BitSize)}";
    }

    private static string Value(BtfEnumeratorDifference difference) => difference switch
    {
        { Old: null, New: { } now } => $"+ {now.Name} = {Number(EnumValue.ValueOf(now))}",
        { Old: { } old, New: null } => $"- {old.Name} = {Number(EnumValue.ValueOf(old))}",
        { Old: { } old, New: { } now } => $"~ {now.Name}: {Number(EnumValue.ValueOf(old))} -> {Number(EnumValue.ValueOf(now))}",
        _ => throw new InvalidOperationException("A value that neither was nor is cannot differ."),
    };

    /// <summary>The byte, and the bit in it where the field does not begin with a byte.</summary>
    private static string Place(BtfField field) => field.BitOffset % 8 == 0 && field.BitSize % 8 == 0
        ? Number(field.BitOffset / 8)
        : $"{Number(field.BitOffset / 8)}:{Number(field.BitOffset % 8)}";

    private static string Amount(ulong bits)
    {
        (ulong count, string unit) = bits % 8 == 0 ? (bits / 8, "byte") : (bits, "bit");
        return $"{Number(count)} {unit}{(count == 1 ? string.Empty : "s")}";
    }

    private static string Number(decimal number) => number.ToString(CultureInfo.InvariantCulture);
}

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
