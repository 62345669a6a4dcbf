namespace P3Ebpf.Object;

/// <summary>
/// Compares an unmanaged type with a type of BTF: every field must lie where C has a member, or a part of one, of the same size. Names count where they tell
/// that fields were exchanged: a field that is called like another member. Bytes may stand for anything that they cover in full.
/// </summary>
internal sealed class LayoutComparison
{
    /// <summary>Fields that an array of numbers stands for may be looked at one by one up to here.</summary>
    private const int MaxElements = 1024;

    private const int MaxNesting = 64;

    private readonly BtfSpec _btf;

    /// <summary>How deep the types of C lie that are looked at. Those of C# cannot hold themselves; BTF that is damaged may say so.</summary>
    private int _nesting;

    /// <summary>How many comparisons are left. Unions of unions in damaged BTF could take any number; then what is left passes.</summary>
    private int _left = 1 << 18;

    private LayoutComparison(BtfSpec btf) => _btf = btf;

    /// <summary>What differs, a sentence each; nothing where the type may be used.</summary>
    public static IReadOnlyList<string> Compare(ManagedType type, BtfSpec btf, BtfTypeId id)
    {
        if (!btf.TryGetSize(id, out uint size))
            return [];
        if (size != (uint)type.Size)
            return [$"{type.Name} has {type.Size} bytes, {BtfTypeNames.TypeName(btf, id)} has {size}"];
        return new LayoutComparison(btf).Fit(new ManagedField(type.Name, type, 0), id, 0);
    }

    private IReadOnlyList<string> Fit(ManagedField field, BtfTypeId id, long start)
    {
        if (_nesting == MaxNesting || --_left < 0 || !_btf.TryGetSize(id, out uint size))
            return [];
        _nesting++;
        IReadOnlyList<string> differences = Fit(field, id, size, start);
        _nesting--;
        return differences;
    }

    private IReadOnlyList<string> Fit(ManagedField field, BtfTypeId id, uint size, long start)
    {
        if (field.Type.Element is { } only && only.Size == field.Type.Size)
            field = field with { Type = only }; // an array of one
        BtfType type = _btf.ResolveModifiers(id);
        bool isSame = field.Offset == start && field.Type.Size == size;
        if (type.Kind == BtfKind.Array)
            return FitArray(field, type, start, isSame);
        if (isSame && (!type.IsComposite || field.Type.IsWhole || IsBytes(field.Type)))
            return [];
        if (!type.IsComposite)
            return [$"{Describe(field)} where C has {BtfTypeNames.TypeName(_btf, id)}, {Bytes(size)} at {start}"];
        if (!isSame || field.Type.Fields.Count == 0)
            return FitMembers(field, type, start);

        // As long as the whole may also be one member of a union.
        List<string> differences = FitFields(field, type, start, isSame);
        return type.Kind == BtfKind.Union && differences.Count > 0 && FitMembers(field, type, start).Count == 0 ? [] : differences;
    }

    private IReadOnlyList<string> FitArray(ManagedField field, BtfType array, long start, bool isSame)
    {
        BtfTypeId elementId = array.Array.ElementTypeId;
        if (!_btf.TryGetSize(elementId, out uint size) || size == 0)
            return [];
        BtfType element = _btf.ResolveModifiers(elementId);
        long offset = field.Offset - start;
        if (isSame && (field.Type.IsWhole || !(element.IsComposite || element.Kind == BtfKind.Array)))
            return [];
        if (IsBytes(field.Type) && offset % size == 0 && field.Type.Size % size == 0)
            return [];
        if (field.Type.Size <= size)
            return Fit(field, elementId, start + (offset / size * size));
        if (field.Type.Fields.Count > 0)
            return [.. Placed(field).SelectMany(each => Fit(each, array.Id, start))];

        // Several elements at once: those of an array must be as long as these, or a part or a multiple of them.
        return field.Type.Element is { } own && (own.Size % size == 0 || size % own.Size == 0)
            ? Fit(new ManagedField(field.Name, own, field.Offset), array.Id, start)
            : [$"{Describe(field)} where C has elements of {Bytes(size)}"];
    }

    /// <summary>A struct over a struct: its fields each, and whether they leave something out.</summary>
    private List<string> FitFields(ManagedField field, BtfType type, long start, bool isSame)
    {
        ManagedField[] placed = [.. Placed(field)];
        List<ManagedField> fitting = [];
        List<(ManagedField Field, IReadOnlyList<string> Differences)> others = [];
        foreach (ManagedField each in placed)
        {
            IReadOnlyList<string> found = FitMembers(each, type, start);
            if (found.Count == 0)
                fitting.Add(each);
            else
                others.Add((each, found));
        }

        // What lies within a field that fits is another view of it.
        List<string> differences = [.. others.Where(other => !fitting.Exists(each => Covers(each, other.Field))).SelectMany(other => other.Differences)];
        if (!isSame || differences.Count > 0)
            return differences;
        foreach (BtfMember member in BtfNamedMembers.Of(type))
        {
            if (!_btf.TryGetSize(member.TypeId, out uint size) || size == 0 || member.BitfieldSize != 0)
                continue;
            long at = start + (member.BitOffset / 8);
            if (!field.Type.IsExplicit && field.Type.IsComplete && !Array.Exists(placed, each => each.Offset < at + size && each.Offset + each.Type.Size > at))
                differences.Add($"{field.Type.Name} has nothing where C has {Describe(member, start)}");
        }

        return differences;
    }

    /// <summary>A field over the members of a struct.</summary>
    private IReadOnlyList<string> FitMembers(ManagedField field, BtfType type, long start)
    {
        long from = field.Offset, to = field.Offset + field.Type.Size;
        List<(BtfMember Member, long From, long To)> met = [];
        foreach (BtfMember member in type.Members)
        {
            if (!_btf.TryGetSize(member.TypeId, out uint size))
                continue;
            long first = start + (member.BitOffset / 8);
            long end = member.BitfieldSize == 0 ? first + size : start + ((member.BitOffset + member.BitfieldSize + 7) / 8);
            if (first >= to || end <= from)
                continue;
            if (member.BitfieldSize != 0 && field.Type.IsWhole)
                return NameOf(field, type, start); // bits may lie in any integer around them
            met.Add((member, first, end));
        }

        if (met.Count == 0 || (IsBytes(field.Type) && met.TrueForAll(each => each.From >= from && each.To <= to)))
            return NameOf(field, type, start);
        (BtfMember Member, long From, long To)[] around = [.. met.Where(each => each.From <= from && each.To >= to)];
        if (around.Length == 0)
            return FitParts(field, type, met, start);

        // In a union one of the members has to fit.
        IReadOnlyList<string>? differences = null;
        foreach ((BtfMember member, long first, _) in around.OrderByDescending(each => Spelling(each.Member.Name.ToString()) == Spelling(field.Name)))
        {
            IReadOnlyList<string> found = Fit(field, member.TypeId, first);
            if (found.Count == 0)
                return member.Name.IsEmpty || first == from ? NameOf(field, type, start) : [];
            bool isLeaf = !_btf.ResolveModifiers(member.TypeId).IsComposite && found.Count == 1 && field.Type.Fields.Count == 0;
            differences ??= isLeaf ? [$"{Describe(field)} where C has {Describe(member, start)}"] : found;
        }

        return differences!;
    }

    /// <summary>A field across several members: a struct or an array may have parts that fit.</summary>
    private IReadOnlyList<string> FitParts(ManagedField field, BtfType type, List<(BtfMember Member, long From, long To)> met, long start)
    {
        if (field.Type.Fields.Count > 0)
            return FitFields(field, type, start, isSame: false);
        if (field.Type.Element is { } element && element.Size > 1 && field.Type.Size / element.Size is int count and <= MaxElements)
        {
            for (int i = 0; i < count; i++)
            {
                if (FitMembers(new ManagedField($"{field.Name}[{i}]", element, field.Offset + (i * element.Size)), type, start) is { Count: > 0 } found)
                    return found;
            }

            return [];
        }

        return [$"{Describe(field)} where C has {string.Join(" and ", met.Take(2).Select(each => Describe(each.Member, start)))}"];
    }

    /// <summary>A field that is called like a member must not stand for another one.</summary>
    private IReadOnlyList<string> NameOf(ManagedField field, BtfType type, long start)
    {
        string spelling = Spelling(field.Name);
        BtfMember? elsewhere = null;
        foreach (BtfMember member in BtfNamedMembers.Of(type))
        {
            if (Spelling(member.Name.ToString()) != spelling)
                continue;
            long at = start + (member.BitOffset / 8);
            if (member.BitfieldSize != 0 || (at >= field.Offset && at < field.Offset + field.Type.Size))
                return [];
            elsewhere = member;
        }

        return elsewhere is { } other ? [$"{Describe(field)} where C has something else; its {Describe(other, start)}"] : [];
    }

    private static IEnumerable<ManagedField> Placed(ManagedField field) =>
        field.Type.Fields.Select(each => each with { Offset = field.Offset + each.Offset });

    private static bool Covers(ManagedField outer, ManagedField inner) =>
        outer.Offset <= inner.Offset && inner.Offset + inner.Type.Size <= outer.Offset + outer.Type.Size;

    /// <summary>What nothing is known of may be bytes.</summary>
    private static bool IsBytes(ManagedType type) => type.IsUnknown || type.Element is { Size: 1 } or { IsUnknown: true };

    /// <summary>C writes <c>run_time_ns</c> where C# writes <c>RunTimeNs</c>.</summary>
    private static string Spelling(string name)
    {
        // The field behind a property is called <Name>k__BackingField.
        string own = name.Length > 0 && name[0] == '<' && name.IndexOf('>') is > 1 and int end ? name[1..end] : name;
        return own.Replace("_", string.Empty).ToUpperInvariant();
    }

    private static string Describe(ManagedField field) => $"{field.Name} has {Bytes((uint)field.Type.Size)} at {field.Offset}";

    private string Describe(BtfMember member, long start)
    {
        _ = _btf.TryGetSize(member.TypeId, out uint size);
        return $"'{BtfTypeNames.Declaration(_btf, member.TypeId, member.Name)}', {Bytes(size)} at {start + (member.BitOffset / 8)}";
    }

    private static string Bytes(uint count) => count == 1 ? "1 byte" : $"{count} bytes";
}
