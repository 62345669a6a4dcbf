using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>Finds where each type record starts, and checks all that a reader relies on afterwards.</summary>
internal ref struct BtfTypeTable
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly BtfSpec _spec;
    private readonly ulong _stringEnd;
    private uint _highestId;
    private int _highestIdAt;
    private BtfTypeId _highestIdOf;

    private BtfTypeTable(BtfSpec spec, ReadOnlySpan<byte> data, uint stringEnd)
    {
        _spec = spec;
        _data = data;
        _stringEnd = stringEnd;
    }

    /// <summary>Walks the type section.</summary>
    /// <param name="spec">The BTF under construction; its layouts and base are known already.</param>
    /// <param name="data">The whole data in native byte order.</param>
    /// <param name="start">Where the type section starts, in bytes.</param>
    /// <param name="length">Bytes of the type section.</param>
    /// <param name="stringEnd">The first string offset that is out of range, counted over all bases.</param>
    /// <returns>The offset of each record in <paramref name="data"/>.</returns>
    public static int[] Build(BtfSpec spec, ReadOnlySpan<byte> data, int start, int length, uint stringEnd)
    {
        var table = new BtfTypeTable(spec, data, stringEnd);
        int[] offsets = table.Walk(start, start + length);
        table.CheckReferences(offsets);
        return offsets;
    }

    private int[] Walk(int start, int end)
    {
        // The shortest record is its head; most are longer, so half of that bound is rarely grown.
        int[] offsets = new int[Math.Max(16, (end - start) / 32)];
        int count = 0;
        int position = start;
        while (position < end)
        {
            var id = new BtfTypeId(_spec.FirstId.Value + (uint)count);
            if (end - position < BtfRecordLayout.HeadLength)
                throw Malformed(BtfErrorCode.TypeTruncated, $"{end - position} bytes are left at the end of the types, too few for a type", position, id);

            uint info = Word(position + BtfRecordLayout.InfoOffset);
            BtfKind kind = BtfRecordLayout.Kind(info);
            uint vlen = BtfRecordLayout.Vlen(info);
            long tail = BtfRecordLayout.TailLength(kind, vlen);
            bool opaque = tail < 0;
            if (opaque)
                tail = OpaqueTailLength(kind, vlen, position, id);
            if (tail > end - position - BtfRecordLayout.HeadLength)
                throw Malformed(BtfErrorCode.TypeTruncated, $"the {kind} of {BtfRecordLayout.HeadLength + tail} bytes runs past the end of the types", position, id);

            CheckName(position + BtfRecordLayout.NameOffset, id);
            if (!opaque)
                CheckTail(kind, vlen, position, id);
            if (count == offsets.Length)
                Array.Resize(ref offsets, (int)Math.Min(offsets.Length * 2L, count + ((end - position) / BtfRecordLayout.HeadLength) + 1));
            offsets[count++] = position;
            position += BtfRecordLayout.HeadLength + (int)tail;
        }

        Array.Resize(ref offsets, count);
        return offsets;
    }

    private readonly long OpaqueTailLength(BtfKind kind, uint vlen, int position, BtfTypeId id)
    {
        if (kind == BtfKind.Void)
            throw Malformed(BtfErrorCode.UnknownKind, "a type of kind 0 can stand in no file: these bytes are damaged, or the record before them has a wrong length", position, id);
        if (!_spec.TryGetLayout(kind, out BtfLayout layout))
        {
            throw Malformed(
                BtfErrorCode.UnknownKind, $"kind {(int)kind} is unknown and no layout section tells its size: the file is damaged or newer than this library", position, id);
        }

        if (!layout.IsAligned)
            throw Malformed(BtfErrorCode.BadLayout, $"the layout section gives kind {(int)kind} sizes that are not multiples of 4", position, id);
        return layout.TailLength(vlen);
    }

    private void CheckTail(BtfKind kind, uint vlen, int position, BtfTypeId id)
    {
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(kind);
        if (layout.RefersToType)
            Note(position + BtfRecordLayout.SizeOrTypeOffset, id);
        int at = position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < layout.FixedTypes; i++)
            Note(at + (4 * i), id);
        int step = layout.ElementLength;
        if (step == 0)
            return;
        bool hasNames = layout.HasElementNames;
        int typeOffset = layout.ElementTypeOffset;
        for (int i = 0; i < vlen; i++, at += step)
        {
            if (hasNames)
                CheckName(at + BtfRecordLayout.ElementNameOffset, id);
            if (typeOffset >= 0)
                Note(at + typeOffset, id);
        }
    }

    /// <summary>The number of types is known only after the walk, so the highest reference waits for it.</summary>
    private void Note(int at, BtfTypeId id)
    {
        uint value = Word(at);
        if (value > _highestId)
        {
            _highestId = value;
            _highestIdAt = at;
            _highestIdOf = id;
        }
    }

    private readonly void CheckName(int at, BtfTypeId id)
    {
        uint name = Word(at);
        if (name >= _stringEnd)
            throw Malformed(BtfErrorCode.BadStringOffset, $"the name at string offset {name} lies outside the {_stringEnd} bytes of strings", at, id);
    }

    private readonly void CheckReferences(int[] offsets)
    {
        long typeCount = (long)_spec.FirstId.Value + offsets.Length;
        if (_highestId >= typeCount)
        {
            string hint = _spec.Base is null ? "; if this is a module's BTF, give its base" : string.Empty;
            throw Malformed(BtfErrorCode.BadTypeId, $"type id {_highestId} is out of range: there are {typeCount} types{hint}", _highestIdAt, _highestIdOf);
        }

        for (int i = 0; i < offsets.Length; i++)
        {
            if (KindAt(offsets[i]) != BtfKind.Func)
                continue;
            uint prototype = Word(offsets[i] + BtfRecordLayout.SizeOrTypeOffset);
            BtfKind kind = prototype == 0 ? BtfKind.Void
                : prototype < _spec.FirstId.Value ? _spec.Base![new BtfTypeId(prototype)].Kind
                : KindAt(offsets[(int)(prototype - _spec.FirstId.Value)]);
            if (kind != BtfKind.FuncProto)
            {
                throw Malformed(
                    BtfErrorCode.BadFunctionPrototype, $"the function refers to type {prototype}, a {kind}, instead of a function prototype", offsets[i] + BtfRecordLayout.SizeOrTypeOffset,
                    new BtfTypeId(_spec.FirstId.Value + (uint)i));
            }
        }
    }

    private readonly BtfKind KindAt(int record) => BtfRecordLayout.Kind(Word(record + BtfRecordLayout.InfoOffset));

    private readonly uint Word(int position) => MemoryMarshal.Read<uint>(_data.Slice(position));

    private readonly BtfFormatException Malformed(BtfErrorCode code, string problem, int position, BtfTypeId id) =>
        new(code, problem, position - _spec.DataStart, id, _spec.Source);
}
