namespace P3Ebpf.Btf;

/// <summary>
/// Folds equal types into one, as they pile up when the BTF of several compilation units is put together. Whole graphs of types
/// are compared, circular ones included, and forward declarations give way to definitions.
/// </summary>
/// <remarks>
/// Reaches the result of libbpf's <c>btf__dedup</c>: first types without references, then structs and unions by the equivalence
/// of their graphs, then forward declarations with only one definition of their name, then everything that only refers to types
/// which are settled by then. Variables and sections are never folded.
/// </remarks>
public sealed class BtfDeduplicator
{
    private const uint Ambiguous = uint.MaxValue;
    private readonly BtfCanonicalTypes _types;
    private readonly BtfBuilder _output;
    private readonly BtfSpec _spec;
    private readonly bool[] _inProgress;

    private BtfDeduplicator(BtfSpec spec)
    {
        _spec = spec;
        _output = new BtfBuilder(spec.Base, MaxStringLength(spec), spec.Base?.PointerSize);
        _types = new BtfCanonicalTypes(spec, _output);
        _inProgress = new bool[_types.Count];
    }

    /// <summary>Deduplicates the types of a BTF itself, among each other and against those of its bases.</summary>
    /// <param name="spec">The BTF; it is not changed.</param>
    /// <param name="ext">The .BTF.ext of the same object, whose strings are to stay.</param>
    /// <exception cref="BtfFormatException">
    /// Types refer to each other in a circle that no struct or union breaks; or names overlap so that they need many times their space.
    /// </exception>
    /// <exception cref="NotSupportedException">The BTF holds records of a kind that this library does not know.</exception>
    public static BtfDeduplication Deduplicate(BtfSpec spec, BtfExt? ext = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var deduplicator = new BtfDeduplicator(spec);
        deduplicator.OfferBases();
        deduplicator.FoldLeaves();
        deduplicator.FoldComposites();
        deduplicator.ResolveForwards();
        deduplicator.FoldReferences();
        uint[] ids = deduplicator.Compact();
        if (ext is not null)
            deduplicator.AddStringsOf(ext);
        return new BtfDeduplication(deduplicator._output, ids, spec.Source);
    }

    /// <summary>Names that overlap in the file do not in what is written; compilers let none overlap, and a linker those with a common end.</summary>
    private static int MaxStringLength(BtfSpec spec) => (int)Math.Min(BtfStringTable.MaxLength, (1 << 16) + (8L * spec.Header.StringLength));

    private void OfferBases()
    {
        // Backwards: the last one offered is met first, and of equal types in the bases the first is to be that.
        for (uint id = _types.FirstOwnId - 1; id > 0; id--)
        {
            switch (_types.Kind(id))
            {
                case BtfKind.Enum or BtfKind.Enum64:
                    _types.Offer(id, BtfRecordEquality.HashName(_types[id]));
                    break;
                case BtfKind.Struct or BtfKind.Union:
                    _types.Offer(id, BtfRecordEquality.HashExceptIds(_types[id]));
                    break;
                case not (BtfKind.Var or BtfKind.DataSec):
                    _types.Offer(id, BtfRecordEquality.Hash(_types[id]));
                    break;
            }
        }
    }

    /// <summary>Types that refer to none, and those that are never folded.</summary>
    private void FoldLeaves()
    {
        for (uint id = _types.FirstOwnId; id < _types.Count; id++)
        {
            switch (_types.Kind(id))
            {
                case BtfKind.Int or BtfKind.Float or BtfKind.Fwd:
                    _types.FoldExact(id);
                    break;
                case BtfKind.Enum or BtfKind.Enum64:
                    FoldEnum(id);
                    break;
                case BtfKind.Var or BtfKind.DataSec:
                    _types.Map(id, id);
                    break;
            }
        }
    }

    private void FoldEnum(uint id)
    {
        Span<uint> record = _types[id];
        int hash = BtfRecordEquality.HashName(record);
        uint canonical = id;
        for (uint candidate = _types.FirstOffered(hash); candidate != 0; candidate = _types.NextOffered(candidate))
        {
            Span<uint> other = _types[candidate];
            if (!BtfRecordEquality.CompatibleEnums(record, other))
                continue;
            if (BtfRecordEquality.IsEnumForward(_types.Info(id)) || other.SequenceEqual(record))
            {
                canonical = candidate;
                break;
            }

            // What was taken for the enumeration so far is a forward declaration of this one.
            _types.Map(candidate, id);
        }

        _types.Map(id, canonical);
        if (canonical == id)
            _types.Offer(id, hash);
    }

    private void FoldComposites()
    {
        var equivalence = new BtfGraphEquivalence(_types);
        for (uint id = _types.FirstOwnId; id < _types.Count; id++)
        {
            if (_types.IsMapped(id) || _types.Kind(id) is not (BtfKind.Struct or BtfKind.Union))
                continue;
            int hash = BtfRecordEquality.HashExceptIds(_types[id]);
            uint candidate = _types.FirstOffered(hash);
            while (candidate != 0 && !(BtfRecordEquality.EqualExceptIds(_types[id], _types[candidate]) && equivalence.TryFold(id, candidate)))
                candidate = _types.NextOffered(candidate);

            _types.Map(id, candidate == 0 ? id : candidate);
            if (candidate == 0)
                _types.Offer(id, hash);
        }
    }

    /// <summary>A forward declaration that no graph resolved stands for the only struct or union of its name.</summary>
    private void ResolveForwards()
    {
        var definitions = new Dictionary<uint, uint>();
        for (uint id = 1; id < _types.Count; id++)
        {
            uint name = _types.Name(id);
            if (_types.Kind(id) is BtfKind.Struct or BtfKind.Union && _types.IsCanonical(id) && name != 0)
                definitions[name] = definitions.ContainsKey(name) ? Ambiguous : id;
        }

        for (uint id = _types.FirstOwnId; id < _types.Count; id++)
        {
            if (_types.Kind(id) != BtfKind.Fwd || !_types.IsCanonical(id) || !definitions.TryGetValue(_types.Name(id), out uint definition) || definition == Ambiguous)
                continue;
            if (_types.Kind(definition) == _types.ForwardKind(id))
                _types.Map(id, definition);
        }
    }

    /// <summary>All other types, each after those that it refers to.</summary>
    private void FoldReferences()
    {
        var pending = new Stack<uint>();
        for (uint root = _types.FirstOwnId; root < _types.Count; root++)
        {
            pending.Push(root);
            while (pending.Count != 0)
            {
                uint id = pending.Peek();
                if (!_types.IsMapped(id) && PushUnsettled(id, pending))
                    continue;
                _ = pending.Pop();
                if (_types.IsMapped(id))
                    continue;
                BtfRecordLayout.MapTypeIds(_types[id], _types.Resolve);
                _types.FoldExact(id);
            }
        }
    }

    /// <returns>Whether the type must wait for others.</returns>
    private bool PushUnsettled(uint id, Stack<uint> pending)
    {
        if (_inProgress[id])
            return false;
        _inProgress[id] = true;
        int before = pending.Count;
        BtfCanonicalTypes.References references = _types.ReferencesOf(id);
        for (int i = 0; i < references.Count; i++)
            Push(references[i]);
        return pending.Count > before;

        void Push(uint target)
        {
            if (_types.IsMapped(target))
                return;
            if (_inProgress[target])
                throw new BtfFormatException(BtfErrorCode.TooDeep, "the type refers to itself, and no struct or union lies between", -1, new BtfTypeId(target), _spec.Source);
            pending.Push(target);
        }
    }

    /// <summary>Writes the canonical types one after another.</summary>
    /// <returns>For each id of the original the new one.</returns>
    private uint[] Compact()
    {
        uint[] ids = new uint[_types.Count];
        uint next = _types.FirstOwnId;
        for (uint id = 0; id < _types.Count; id++)
            ids[id] = id < _types.FirstOwnId ? id : _types.IsCanonical(id) ? next++ : 0;
        for (uint id = _types.FirstOwnId; id < _types.Count; id++)
            ids[id] = ids[_types.Resolve(id)];
        for (uint id = _types.FirstOwnId; id < _types.Count; id++)
        {
            if (!_types.IsCanonical(id))
                continue;
            BtfRecordLayout.MapTypeIds(_types[id], target => ids[_types.Resolve(target)]);
            _ = _output.AppendCopy(_types[id]);
        }

        return ids;
    }

    private void AddStringsOf(BtfExt ext)
    {
        foreach (BtfExtSection<BtfFuncInfo> section in ext.FuncInfo.Sections)
            _ = _output.AddString(section.SectionName);
        foreach (BtfExtSection<BtfLineInfo> section in ext.LineInfo.Sections)
        {
            _ = _output.AddString(section.SectionName);
            for (int i = 0; i < section.Count; i++)
            {
                _ = _output.AddString(_spec.GetString(section[i].FileNameOffset));
                _ = _output.AddString(_spec.GetString(section[i].LineOffset));
            }
        }

        foreach (BtfExtSection<CoreRelocationRecord> section in ext.CoreRelocations.Sections)
        {
            _ = _output.AddString(section.SectionName);
            for (int i = 0; i < section.Count; i++)
                _ = _output.AddString(_spec.GetString(section[i].AccessStringOffset));
        }
    }
}
