namespace P3Ebpf.Btf;

/// <summary>Compares the fields of two structs or unions by name, through anonymous members.</summary>
internal sealed class BtfFieldComparer(BtfSignatures oldSignatures, BtfTypeTexts oldTexts, BtfSignatures newSignatures, BtfTypeTexts newTexts)
{
    /// <summary>How deep unnamed types are looked into; real code has five levels or so.</summary>
    private const int MaxDepth = 16;

    private const int MinBudget = 4096;

    /// <summary>
    /// How many bytes of members and their full names are still looked at: twice what the BTFs could hold if they held nothing else. Unnamed
    /// types within each other could multiply without bound; those of real code are met once or twice.
    /// </summary>
    private long _budget = MinBudget + (2 * ((long)oldTexts.Spec.Data.Length + newTexts.Spec.Data.Length));

    public List<BtfFieldDifference> Compare(BtfType old, BtfType now)
    {
        var differences = new List<BtfFieldDifference>();
        Compare(old, now, string.Empty, 0, differences);
        return differences;
    }

    private List<Field> Flatten(BtfSpec spec, BtfType type, string prefix)
    {
        var fields = new List<Field>((int)Math.Min(type.Members.Count, Math.Max(0, _budget / BtfRecordLayout.Of(BtfKind.Struct).ElementLength)));
        foreach (BtfMember member in BtfNamedMembers.Of(type, inner => Budgeted(inner, prefix.Length)))
            fields.Add(new Field(member.Name, member.BitOffset, BtfMemberOrder.BitsOf(member, spec), member.TypeId));
        return fields;
    }

    private IEnumerable<BtfMember> Budgeted(BtfType type, int prefixLength)
    {
        BtfMemberList members = type.Members;
        for (int i = 0; i < members.Count && _budget > 0; i++)
        {
            BtfMember member = members[i];
            _budget -= BtfRecordLayout.Of(BtfKind.Struct).ElementLength + member.Name.Bytes.Length + prefixLength;
            yield return member;
        }
    }

    /// <summary>The unnamed struct or union that a field is, through qualifiers.</summary>
    private static BtfType? UnnamedComposite(BtfSpec spec, BtfTypeId id)
    {
        BtfType type = spec[id];
        for (int i = 0; i < MaxDepth && type.IsModifier; i++)
            type = spec[type.TargetId];
        return type.IsComposite && type.Name.IsEmpty ? type : null;
    }

    /// <summary>Where each name stands in the list.</summary>
    private static Dictionary<BtfString, int> ByName(List<Field> fields)
    {
        var byName = new Dictionary<BtfString, int>(fields.Count);
        for (int i = 0; i < fields.Count; i++)
            byName[fields[i].Name] = i;
        return byName;
    }

    private void Compare(BtfType old, BtfType now, string prefix, int depth, List<BtfFieldDifference> differences)
    {
        List<Field> oldFields = Flatten(oldTexts.Spec, old, prefix);
        List<Field> newFields = Flatten(newTexts.Spec, now, prefix);
        Dictionary<BtfString, int> oldByName = ByName(oldFields);
        Dictionary<BtfString, int> newByName = ByName(newFields);

        // A field without a namesake is the one at the same place, if that has none either and the type is the same.
        var formerAt = new Dictionary<(uint, ulong, ulong), int>();
        for (int i = 0; i < oldFields.Count; i++)
        {
            Field field = oldFields[i];
            if (!newByName.ContainsKey(field.Name))
                formerAt[(field.BitOffset, field.BitSize, oldSignatures.Of(field.TypeId))] = i;
        }

        var renamed = new HashSet<BtfString>();
        foreach (Field field in newFields)
        {
            if (oldByName.TryGetValue(field.Name, out int former))
            {
                CompareNamesakes(oldFields[former], field, prefix, depth, differences);
            }
            else if (formerAt.TryGetValue((field.BitOffset, field.BitSize, newSignatures.Of(field.TypeId)), out former) && renamed.Add(oldFields[former].Name))
            {
                differences.Add(new BtfFieldDifference(BtfFieldChanges.Renamed, Describe(oldTexts, oldFields[former], prefix), Describe(newTexts, field, prefix)));
            }
            else
            {
                differences.Add(new BtfFieldDifference(BtfFieldChanges.Added, null, Describe(newTexts, field, prefix)));
            }
        }

        foreach (Field field in oldFields)
        {
            if (!newByName.ContainsKey(field.Name) && !renamed.Contains(field.Name))
                differences.Add(new BtfFieldDifference(BtfFieldChanges.Removed, Describe(oldTexts, field, prefix), null));
        }
    }

    private void CompareNamesakes(Field former, Field field, string prefix, int depth, List<BtfFieldDifference> differences)
    {
        BtfFieldChanges changes = BtfFieldChanges.None;
        if (former.BitOffset != field.BitOffset)
            changes |= BtfFieldChanges.Moved;
        if (former.BitSize != field.BitSize)
            changes |= BtfFieldChanges.Resized;

        bool sameType = oldSignatures.Of(former.TypeId) == newSignatures.Of(field.TypeId);
        (BtfType Old, BtfType New, string Suffix)? inner = sameType || depth >= MaxDepth ? null : UnnamedPair(former.TypeId, field.TypeId);
        if (!sameType && inner is null)
            changes |= BtfFieldChanges.Retyped;
        if (changes != BtfFieldChanges.None)
            differences.Add(new BtfFieldDifference(changes, Describe(oldTexts, former, prefix), Describe(newTexts, field, prefix)));
        if (inner is { } pair)
            Compare(pair.Old, pair.New, prefix + field.Name + pair.Suffix + ".", depth + 1, differences);
    }

    /// <summary>The unnamed structs or unions that two fields are, or are arrays of, if both are alike.</summary>
    private (BtfType Old, BtfType New, string Suffix)? UnnamedPair(BtfTypeId oldId, BtfTypeId newId)
    {
        string suffix = string.Empty;
        while (suffix.Length < 2 * MaxDepth)
        {
            BtfType old = oldTexts.Spec[oldId];
            BtfType now = newTexts.Spec[newId];
            if (old.Kind != BtfKind.Array || now.Kind != BtfKind.Array || old.Array.Length != now.Array.Length)
                break;
            oldId = old.Array.ElementTypeId;
            newId = now.Array.ElementTypeId;
            suffix += "[]";
        }

        return UnnamedComposite(oldTexts.Spec, oldId) is { } left && UnnamedComposite(newTexts.Spec, newId) is { } right && left.Kind == right.Kind
            ? (left, right, suffix)
            : null;
    }

    private static BtfField Describe(BtfTypeTexts texts, Field field, string prefix) =>
        new(prefix + field.Name, field.BitOffset, field.BitSize, texts.Declare(field.TypeId, default));

    private readonly record struct Field(BtfString Name, uint BitOffset, ulong BitSize, BtfTypeId TypeId);
}
