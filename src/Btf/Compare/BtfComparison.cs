using System.Collections;

namespace P3Ebpf.Btf;

/// <summary>What changed between two BTFs, by the names of the types: kernels of two versions, or two builds of a module.</summary>
/// <remarks>
/// Compared are structs, unions, enumerations, typedefs, functions, variables, integers and floats that have a name, of each BTF
/// itself and not of its bases. Types that one BTF has several times under one name are matched with their equals first, then
/// with those that share most. A flavour (<c>name___flavour</c>) matches a type with its essential name where nothing matches exactly.
/// </remarks>
public sealed class BtfComparison
{
    /// <summary>How many pairs of namesakes are weighed up; real kernels have a dozen.</summary>
    private const int MaxPairs = 256;

    /// <summary>From how many namesakes on their equals are looked up instead of searched; real kernels have fewer.</summary>
    private const int Many = 16;

    private readonly BtfSpec _oldSpec;
    private readonly BtfSpec _newSpec;
    private readonly BtfSignatures _oldSignatures;
    private readonly BtfSignatures _newSignatures;
    private readonly BtfTypeTexts _oldTexts;
    private readonly BtfTypeTexts _newTexts;
    private readonly BtfFieldComparer _fields;

    /// <summary>The types of each BTF whose group was compared.</summary>
    private readonly BitArray _oldDone;
    private readonly BitArray _newDone;
    private readonly List<BtfTypeDifference> _differences = [];

    private BtfComparison(BtfSpec oldSpec, BtfSpec newSpec)
    {
        _oldSpec = oldSpec;
        _newSpec = newSpec;
        _oldSignatures = new BtfSignatures(oldSpec);
        _newSignatures = new BtfSignatures(newSpec);
        _oldTexts = new BtfTypeTexts(oldSpec);
        _newTexts = new BtfTypeTexts(newSpec);
        _oldDone = new BitArray((int)oldSpec.TypeCount);
        _newDone = new BitArray((int)newSpec.TypeCount);
        _fields = new BtfFieldComparer(_oldSignatures, _oldTexts, _newSignatures, _newTexts);
    }

    /// <summary>The types that differ, by kind, then by name.</summary>
    public IReadOnlyList<BtfTypeDifference> Differences => _differences;

    /// <summary>Compares two BTFs.</summary>
    /// <param name="oldSpec">The older one.</param>
    /// <param name="newSpec">The newer one.</param>
    /// <param name="names">Only types with these names and their flavours; all where left out.</param>
    public static BtfComparison Compare(BtfSpec oldSpec, BtfSpec newSpec, IEnumerable<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(oldSpec);
        ArgumentNullException.ThrowIfNull(newSpec);
        var comparison = new BtfComparison(oldSpec, newSpec);
        var group = new Group();
        if (names is null)
        {
            comparison.CompareAll(oldSpec.OwnTypes, oldSpec, group);
            comparison.CompareAll(newSpec.OwnTypes, newSpec, group);
        }
        else
        {
            foreach (BtfString name in new HashSet<BtfString>(names.Select(EssentialName)))
            {
                foreach (BtfType type in oldSpec.FindAllFlavors(name.Bytes))
                    comparison.CompareGroupOf(type, oldSpec, group);
                foreach (BtfType type in newSpec.FindAllFlavors(name.Bytes))
                    comparison.CompareGroupOf(type, newSpec, group);
            }
        }

        comparison._differences.Sort(static (left, right) =>
            left.Kind != right.Kind ? Order(left.Kind).CompareTo(Order(right.Kind)) : left.Utf8Name.Bytes.SequenceCompareTo(right.Utf8Name.Bytes));
        return comparison;
    }

    private static BtfString EssentialName(string name)
    {
        int length = BtfEssentialName.Of(new BtfString(name).Bytes).Length;
        return new BtfString(Utf8Text.Of(new BtfString(name).Bytes.Slice(0, length)));
    }

    private static int Order(BtfKind kind) => kind switch
    {
        BtfKind.Struct => 0,
        BtfKind.Union => 1,
        BtfKind.Enum => 2,
        BtfKind.Typedef => 3,
        BtfKind.Func => 4,
        _ => (int)kind,
    };

    /// <summary>The kind under which a type is compared, or <see cref="BtfKind.Void"/>.</summary>
    private static BtfKind Comparable(BtfType type) => type.Kind switch
    {
        BtfKind.Struct or BtfKind.Union or BtfKind.Typedef or BtfKind.Func or BtfKind.Var or BtfKind.Int or BtfKind.Float => type.Kind,
        BtfKind.Enum or BtfKind.Enum64 => BtfKind.Enum,
        _ => BtfKind.Void,
    };

    /// <summary>Types that may be counterparts: with this name, or with the essential name where flavours are in use.</summary>
    private static BtfNameMatches Namesakes(BtfSpec spec, BtfKind kind, BtfString name) =>
        kind is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Typedef
            ? spec.FindAllFlavors(BtfEssentialName.Of(name.Bytes))
            : spec.FindAll(name.Bytes);

    private void CompareAll(BtfTypeList types, BtfSpec spec, Group group)
    {
        foreach (BtfType type in types)
            CompareGroupOf(type, spec, group);
    }

    /// <summary>Compares all types of the kind and name of this one, if none of them was met before.</summary>
    private void CompareGroupOf(BtfType type, BtfSpec spec, Group group)
    {
        BtfKind kind = Comparable(type);
        BtfString name = type.Name;
        if (kind == BtfKind.Void || name.IsEmpty || !ReferenceEquals(type.Spec, spec))
            return;

        BitArray done = ReferenceEquals(spec, _oldSpec) ? _oldDone : _newDone;
        if (done[(int)type.Id.Value])
            return;
        group.Old.Collect(_oldSpec, _oldSignatures, _oldDone, kind, name);
        group.New.Collect(_newSpec, _newSignatures, _newDone, kind, name);
        Match(kind, group);
    }

    private void Match(BtfKind kind, Group group)
    {
        if (group.Old.Types.Count == 1 && group.New.Types.Count == 1)
        {
            if (group.Old.Contents[0] != group.New.Contents[0])
                AddChanged(kind, group.Old.Types[0], group.New.Types[0]);
            return;
        }

        group.DropEqual();
        if (group.Old.Types.Count * (long)group.New.Types.Count <= MaxPairs)
        {
            group.CountCommonNames();
            while (group.Old.Types.Count != 0 && group.New.Types.Count != 0)
            {
                (int old, int now) = group.MostAlike();
                AddChanged(kind, group.Old.Types[old], group.New.Types[now]);
                group.Remove(old, now);
            }
        }
        else
        {
            int pairs = Math.Min(group.Old.Types.Count, group.New.Types.Count);
            for (int i = 0; i < pairs; i++)
                AddChanged(kind, group.Old.Types[i], group.New.Types[i]);
            group.Old.RemoveFirst(pairs);
            group.New.RemoveFirst(pairs);
        }

        foreach (BtfType type in group.Old.Types)
            Add(BtfChange.Removed, kind, type, default);
        foreach (BtfType type in group.New.Types)
            Add(BtfChange.Added, kind, default, type);
    }

    private void AddChanged(BtfKind kind, BtfType old, BtfType now)
    {
        BtfType oldBody = Body(_oldSpec, old);
        BtfType newBody = Body(_newSpec, now);
        bool sameKind = oldBody.Kind == newBody.Kind;
        Add(
            BtfChange.Changed, kind, old, now,
            oldBody.IsComposite && sameKind ? _fields.Compare(oldBody, newBody) : [],
            oldBody.IsAnyEnum && newBody.IsAnyEnum ? CompareValues(oldBody, newBody) : []);
    }

    private void Add(
        BtfChange change, BtfKind kind, BtfType old, BtfType now,
        IReadOnlyList<BtfFieldDifference>? fields = null, IReadOnlyList<BtfEnumeratorDifference>? enumerators = null)
    {
        _differences.Add(new BtfTypeDifference(change, kind, old, now)
        {
            OldText = Text(_oldTexts, old),
            NewText = Text(_newTexts, now),
            OldSize = Size(_oldSpec, old),
            NewSize = Size(_newSpec, now),
            Fields = fields ?? [],
            Enumerators = enumerators ?? [],
        });
    }

    /// <summary>What a typedef names where that has no name of its own; otherwise the type itself.</summary>
    private static BtfType Body(BtfSpec spec, BtfType type)
    {
        if (type.Kind != BtfKind.Typedef)
            return type;
        BtfType target = spec[type.TargetId];
        return (target.IsComposite || target.IsAnyEnum) && target.Name.IsEmpty ? target : type;
    }

    private static string? Text(BtfTypeTexts texts, BtfType type) => type.Kind switch
    {
        BtfKind.Typedef or BtfKind.Var => texts.Declare(type.TargetId, default),
        BtfKind.Func => texts.Declare(type.TargetId, type.Name),
        BtfKind.Int => $"{(type.Int.IsSigned ? "signed" : (type.Int.Encoding & BtfIntEncoding.Bool) != 0 ? "boolean" : "unsigned")}, {type.Int.BitCount} bits",
        _ => null,
    };

    private static uint? Size(BtfSpec spec, BtfType type)
    {
        if (type.IsVoid)
            return null;
        BtfType body = Body(spec, type);
        return body.IsComposite || body.IsAnyEnum || body.Kind is BtfKind.Int or BtfKind.Float ? body.Size : null;
    }

    private static List<BtfEnumeratorDifference> CompareValues(BtfType old, BtfType now)
    {
        var former = new Dictionary<BtfString, BtfEnumerator>(old.Enumerators.Count);
        foreach (BtfEnumerator value in old.Enumerators)
            former[value.Name] = value;

        var differences = new List<BtfEnumeratorDifference>();
        foreach (BtfEnumerator value in now.Enumerators)
        {
            if (!former.TryGetValue(value.Name, out BtfEnumerator before))
                differences.Add(new BtfEnumeratorDifference(null, value));
            else if (before.Value != value.Value)
                differences.Add(new BtfEnumeratorDifference(before, value));
            _ = former.Remove(value.Name);
        }

        foreach (BtfEnumerator value in old.Enumerators)
        {
            if (former.ContainsKey(value.Name))
                differences.Add(new BtfEnumeratorDifference(value, null));
        }

        return differences;
    }

    /// <summary>The types of one kind and essential name in both BTFs; one object serves all groups in turn.</summary>
    private sealed class Group
    {
        private readonly HashSet<BtfString> _names = [];

        /// <summary>For each old type and each new one how many names of members they share; empty where nothing is weighed up.</summary>
        private readonly List<List<int>> _common = [];

        public Side Old { get; } = new();

        public Side New { get; } = new();

        public void DropEqual()
        {
            _common.Clear();
            if (Old.Types.Count > Many || New.Types.Count > Many)
            {
                HashSet<ulong> equal = [.. Old.Contents];
                equal.IntersectWith(New.Contents);
                Old.RemoveAll(equal);
                New.RemoveAll(equal);
                return;
            }

            for (int i = Old.Types.Count - 1; i >= 0; i--)
            {
                int equal = New.Contents.IndexOf(Old.Contents[i]);
                if (equal < 0)
                    continue;
                Old.RemoveAt(i);
                New.RemoveAt(equal);
            }
        }

        public void CountCommonNames()
        {
            foreach (BtfType old in Old.Types)
            {
                _names.Clear();
                foreach (BtfMember member in old.IsComposite ? old.Members : default)
                    _ = _names.Add(member.Name);
                _common.Add(New.Types.ConvertAll(now => now.IsComposite ? CommonNames(now) : 0));
            }
        }

        /// <summary>The pair with equal names, most member names in common, and sizes closest, in this order.</summary>
        public (int Old, int New) MostAlike()
        {
            (int Old, int New) best = default;
            (bool, int, long) bestScore = (false, -1, long.MinValue);
            for (int i = 0; i < _common.Count; i++)
            {
                for (int j = 0; j < New.Types.Count; j++)
                {
                    BtfType old = Old.Types[i];
                    BtfType now = New.Types[j];
                    (bool, int, long) score = (old.Name == now.Name, _common[i][j], old.IsComposite ? -Math.Abs((long)old.Size - now.Size) : 0);
                    if (score.CompareTo(bestScore) <= 0)
                        continue;
                    bestScore = score;
                    best = (i, j);
                }
            }

            return best;
        }

        public void Remove(int old, int now)
        {
            Old.RemoveAt(old);
            New.RemoveAt(now);
            _common.RemoveAt(old);
            foreach (List<int> row in _common)
                row.RemoveAt(now);
        }

        private int CommonNames(BtfType type)
        {
            int common = 0;
            foreach (BtfMember member in type.Members)
                common += _names.Contains(member.Name) ? 1 : 0;
            return common;
        }
    }

    /// <summary>The types of a group in one of the BTFs, those with equal content only once.</summary>
    private sealed class Side
    {
        public List<BtfType> Types { get; } = [];

        public List<ulong> Contents { get; } = [];

        public void Collect(BtfSpec spec, BtfSignatures signatures, BitArray done, BtfKind kind, BtfString name)
        {
            Types.Clear();
            Contents.Clear();
            HashSet<ulong>? known = null;
            foreach (BtfType type in Namesakes(spec, kind, name))
            {
                if (Comparable(type) != kind || !ReferenceEquals(type.Spec, spec))
                    continue;
                done[(int)type.Id.Value] = true;
                ulong content = signatures.Content(type);
                if (known is null ? Contents.Contains(content) : !known.Add(content))
                    continue;
                Types.Add(type);
                Contents.Add(content);
                if (Types.Count == Many)
                    known = [.. Contents];
            }
        }

        public void RemoveFirst(int count)
        {
            Types.RemoveRange(0, count);
            Contents.RemoveRange(0, count);
        }

        public void RemoveAll(HashSet<ulong> contents)
        {
            int left = 0;
            for (int i = 0; i < Types.Count; i++)
            {
                if (contents.Contains(Contents[i]))
                    continue;
                Types[left] = Types[i];
                Contents[left++] = Contents[i];
            }

            Types.RemoveRange(left, Types.Count - left);
            Contents.RemoveRange(left, Contents.Count - left);
        }

        public void RemoveAt(int index)
        {
            Types.RemoveAt(index);
            Contents.RemoveAt(index);
        }
    }
}
