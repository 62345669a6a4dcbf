namespace P3Ebpf.Btf;

/// <summary>
/// The state of a deduplication: all records (those of bases too) with their names in one string table, for each id the id that
/// stands for it, and the canonical types by hash.
/// </summary>
internal sealed class BtfCanonicalTypes
{
    private const uint Unmapped = uint.MaxValue;

    /// <summary>Comparisons of two types for each type: many times what the types of real compilation units take.</summary>
    private const long StepsForType = 256;

    private readonly BtfRecordStore _records = new();
    private readonly uint[] _map;
    private readonly int[] _buckets;
    private readonly int[] _next;
    private readonly int[] _hashes;
    private long _stepsLeft;

    public BtfCanonicalTypes(BtfSpec spec, BtfBuilder output)
    {
        Count = spec.TypeCount;
        FirstOwnId = spec.FirstId.Value;
        _stepsLeft = (1 << 16) + (StepsForType * Count);
        _map = new uint[Count];
        _next = new int[Count];
        _hashes = new int[Count];
        int buckets = 16;
        while (buckets < Count)
            buckets *= 2;
        _buckets = new int[buckets];

        // Type 0 has a record of zeros, so that walks need no special case.
        _records.Draft(BtfRecordLayout.HeadWords).Clear();
        _ = _records.Append();
        foreach (BtfType type in spec.Types)
        {
            ReadOnlySpan<uint> source = BtfBuilder.Words(type);
            Span<uint> record = _records.Draft(source.Length);
            source.CopyTo(record);
            BtfRecordLayout.MapNames(record, offset => output.AddString(spec.GetString(offset)));
            _map[_records.Append()] = type.Id.Value < FirstOwnId ? type.Id.Value : Unmapped;
        }
    }

    /// <summary>One more than the highest id.</summary>
    public uint Count { get; }

    /// <summary>The first id that is not one of a base; ids below stand for themselves.</summary>
    public uint FirstOwnId { get; }

    public Span<uint> this[uint id] => _records[(int)id];

    public uint Info(uint id) => BtfRecordLayout.Word(_records[(int)id], BtfRecordLayout.InfoOffset);

    public BtfKind Kind(uint id) => BtfRecordLayout.Kind(Info(id));

    public uint Name(uint id) => BtfRecordLayout.Word(_records[(int)id], BtfRecordLayout.NameOffset);

    /// <summary>The struct or union that a forward declaration announces.</summary>
    public BtfKind ForwardKind(uint id) => BtfRecordLayout.ForwardKind(BtfRecordLayout.KindFlag(Info(id)));

    /// <summary>The ids that a type refers to.</summary>
    public References ReferencesOf(uint id) => new(_records[(int)id]);

    public bool IsMapped(uint id) => _map[id] != Unmapped;

    public bool IsCanonical(uint id) => _map[id] == id;

    public void Map(uint id, uint canonical) => _map[id] = canonical;

    /// <summary>The id that stands for this one, as far as that is known.</summary>
    public uint Resolve(uint id)
    {
        while (_map[id] != Unmapped && _map[id] != id)
        {
            // Those on the way get nearer to what stands for them, so that long chains are walked once.
            uint next = _map[id];
            if (_map[next] != Unmapped)
                _map[id] = _map[next];
            id = next;
        }

        return id;
    }

    /// <summary>
    /// Counts a comparison of two types. Once there were too many, nothing is compared any more: types that are made to be nearly equal would take
    /// time by the square of their number. What is not compared is not folded, and means the same.
    /// </summary>
    public bool MayCompare() => --_stepsLeft >= 0;

    /// <summary>What a forward declaration was resolved to, or the id itself.</summary>
    public uint ResolveForward(uint id)
    {
        if (Kind(id) != BtfKind.Fwd)
            return id;
        uint resolved = Resolve(id);
        return Kind(resolved) == BtfKind.Fwd ? id : resolved;
    }

    /// <summary>Offers a type as the one that stands for all equal ones. Later offers are met first.</summary>
    public void Offer(uint id, int hash)
    {
        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        _hashes[id] = hash;
        _next[id] = bucket;
        bucket = (int)id;
    }

    /// <summary>The first offered type with this hash, or 0.</summary>
    public uint FirstOffered(int hash) => SameHash(_buckets[hash & (_buckets.Length - 1)], hash);

    /// <summary>The one after it, or 0.</summary>
    public uint NextOffered(uint id) => SameHash(_next[id], _hashes[id]);

    /// <summary>Folds a record into an equal one that was offered, or offers it.</summary>
    public void FoldExact(uint id)
    {
        int hash = BtfRecordEquality.Hash(this[id]);
        for (uint candidate = FirstOffered(hash); candidate != 0; candidate = NextOffered(candidate))
        {
            if (this[candidate].SequenceEqual(this[id]))
            {
                Map(id, candidate);
                return;
            }
        }

        Map(id, id);
        Offer(id, hash);
    }

    /// <summary>The ids in a record, in their order.</summary>
    public readonly ref struct References
    {
        private readonly ReadOnlySpan<uint> _record;
        private readonly BtfRecordLayout _layout;

        public References(ReadOnlySpan<uint> record)
        {
            uint info = BtfRecordLayout.Word(record, BtfRecordLayout.InfoOffset);
            _record = record;
            _layout = BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
            Count = _layout.TypeIdCount(BtfRecordLayout.Vlen(info));
        }

        public int Count { get; }

        public uint this[int index] => BtfRecordLayout.Word(_record, _layout.TypeIdOffset(index));
    }

    private uint SameHash(int id, int hash)
    {
        while (id != 0 && _hashes[id] != hash)
            id = MayCompare() ? _next[id] : 0;
        return MayCompare() ? (uint)id : 0;
    }
}
