using System.Buffers;
using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>
/// Finds where each type record starts, and checks all that a reader relies on afterwards: in one walk that looks at every word once. A record
/// that turns out to be wrong is looked through again for what to say of it.
/// </summary>
internal ref struct BtfTypeTable
{
    private const int HeadWords = BtfRecordLayout.HeadWords;
    private const int NameWord = BtfRecordLayout.NameOffset / 4;
    private const int InfoWord = BtfRecordLayout.InfoOffset / 4;
    private const int SizeOrTypeWord = BtfRecordLayout.SizeOrTypeOffset / 4;

    private readonly ReadOnlySpan<uint> _words;
    private readonly BtfSpec _spec;
    private readonly int _start;
    private readonly int _length;
    private readonly uint _stringEnd;
    private uint _highestId;
    private int _highestIdRecord;
    private int _firstUncheckedFunction;

    private BtfTypeTable(BtfSpec spec, ReadOnlySpan<byte> data, int start, int length, uint stringEnd)
    {
        _spec = spec;
        _start = start;
        _length = length;
        _words = MemoryMarshal.Cast<byte, uint>(data.Slice(start, length));
        _stringEnd = stringEnd;
        _firstUncheckedFunction = int.MaxValue;
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
        var table = new BtfTypeTable(spec, data, start, length, stringEnd);

        // The number of types is known only after the walk. The shortest record is its head; most are longer.
        int[] offsets = ArrayPool<int>.Shared.Rent(Math.Max(16, length / 24));
        try
        {
            int count = table.Walk(ref offsets);
            table.CheckTypeIds(offsets, count);
            table.CheckFunctions(offsets, count);
            return offsets.AsSpan(0, count).ToArray();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(offsets);
        }
    }

    private int Walk(ref int[] offsets)
    {
        ReadOnlySpan<uint> words = _words;
        uint stringEnd = _stringEnd;
        int count = 0;
        int at = 0;
        while (words.Length - at >= HeadWords)
        {
            ReadOnlySpan<uint> head = words.Slice(at, HeadWords);
            uint info = head[InfoWord];
            int tail = 0;
            bool isBad = head[NameWord] >= stringEnd;
            switch (BtfRecordLayout.Kind(info))
            {
                case BtfKind.Func:
                    CheckFunction(head[SizeOrTypeWord], offsets, count);
                    Note(head[SizeOrTypeWord], count);
                    break;
                case BtfKind.Ptr or BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    Note(head[SizeOrTypeWord], count);
                    break;
                case BtfKind.FuncProto:
                    Note(head[SizeOrTypeWord], count);
                    foreach (Parameter parameter in MemoryMarshal.Cast<uint, Parameter>(Tail(at, tail = TailWords(info, at, count), info, count)))
                    {
                        isBad |= parameter.Name >= stringEnd;
                        Note(parameter.Type, count);
                    }

                    break;
                case BtfKind.Struct or BtfKind.Union:
                    foreach (Member member in MemoryMarshal.Cast<uint, Member>(Tail(at, tail = TailWords(info, at, count), info, count)))
                    {
                        isBad |= member.Name >= stringEnd;
                        Note(member.Type, count);
                    }

                    break;
                default:
                    isBad |= IsBad(info, head[SizeOrTypeWord], Tail(at, tail = TailWords(info, at, count), info, count), count);
                    break;
            }

            if (isBad)
                throw BadName(at, count);
            if (count == offsets.Length)
                Grow(ref offsets);
            offsets[count++] = _start + (4 * at);
            at += HeadWords + tail;
        }

        return _length - (4 * at) is var left and not 0
            ? throw Malformed(BtfErrorCode.TypeTruncated, $"{left} bytes are left at the end of the types, too few for a type", at, count)
            : count;
    }

    /// <summary>The number of types is known only after the walk, so the highest reference waits for it.</summary>
    private void Note(uint typeId, int record)
    {
        if (typeId > _highestId)
        {
            _highestId = typeId;
            _highestIdRecord = record;
        }
    }

    /// <summary>Words after the head of a record; more than there are where the record says so.</summary>
    private readonly int TailWords(uint info, int at, int record)
    {
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        uint vlen = BtfRecordLayout.Vlen(info);

        // At most 255 / 4 words for each of 2^24 elements, which is below 2^31.
        return (int)((layout.IsKnown ? layout.TailLength(vlen) : OpaqueTailLength(BtfRecordLayout.Kind(info), vlen, at, record)) / 4);
    }

    private readonly ReadOnlySpan<uint> Tail(int at, int words, uint info, int record) => words <= _words.Length - at - HeadWords
        ? _words.Slice(at + HeadWords, words)
        : throw Malformed(
            BtfErrorCode.TypeTruncated, $"the {BtfRecordLayout.Kind(info)} of {4L * (HeadWords + words)} bytes runs past the end of the types", at, record);

    /// <returns>Whether a record of one of the kinds that are few has a name that is out of range.</returns>
    private bool IsBad(uint info, uint sizeOrType, ReadOnlySpan<uint> tail, int record)
    {
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        if (layout.RefersToType)
            Note(sizeOrType, record);
        for (int i = 0; i < layout.FixedTypes; i++)
            Note(tail[i], record);

        bool isBad = false;
        int step = layout.ElementLength / 4;
        for (int i = 0; layout.HasElementNames && i < tail.Length; i += step)
            isBad |= tail[i] >= _stringEnd;
        for (int i = layout.ElementTypeOffset / 4; layout.ElementTypeOffset >= 0 && i < tail.Length; i += step)
            Note(tail[i], record);
        return isBad;
    }

    /// <summary>A function's prototype mostly stands before it and is looked at right away; otherwise the functions from here on are looked at afterwards.</summary>
    private void CheckFunction(uint prototype, int[] offsets, int record)
    {
        uint index = prototype - _spec.FirstId.Value;
        if (_firstUncheckedFunction == int.MaxValue && (index >= (uint)record || KindAt(offsets[index]) != BtfKind.FuncProto))
            _firstUncheckedFunction = record;
    }

    private readonly void CheckTypeIds(int[] offsets, int count)
    {
        long typeCount = (long)_spec.FirstId.Value + count;
        if (_highestId < typeCount)
            return;
        int record = WordOf(offsets[_highestIdRecord]);
        uint info = _words[record + InfoWord];
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        int i = 0;
        while (_words[record + (layout.TypeIdOffset(i) / 4)] != _highestId)
            i++;
        string hint = _spec.Base is null ? "; if this is a module's BTF, give its base" : string.Empty;
        throw Malformed(
            BtfErrorCode.BadTypeId, $"type id {_highestId} is out of range: there are {typeCount} types{hint}", record + (layout.TypeIdOffset(i) / 4), _highestIdRecord);
    }

    private readonly void CheckFunctions(int[] offsets, int count)
    {
        for (int i = _firstUncheckedFunction; i < count; i++)
        {
            if (KindAt(offsets[i]) != BtfKind.Func)
                continue;
            int at = WordOf(offsets[i]) + SizeOrTypeWord;
            uint prototype = _words[at];
            BtfKind kind = prototype == 0 ? BtfKind.Void
                : prototype < _spec.FirstId.Value ? _spec.Base![new BtfTypeId(prototype)].Kind
                : KindAt(offsets[(int)(prototype - _spec.FirstId.Value)]);
            if (kind != BtfKind.FuncProto)
                throw Malformed(BtfErrorCode.BadFunctionPrototype, $"the function refers to type {prototype}, a {kind}, instead of a function prototype", at, i);
        }
    }

    private readonly long OpaqueTailLength(BtfKind kind, uint vlen, int at, int record)
    {
        if (kind == BtfKind.Void)
            throw Malformed(BtfErrorCode.UnknownKind, "a type of kind 0 can stand in no file: these bytes are damaged, or the record before them has a wrong length", at, record);
        if (!_spec.TryGetLayout(kind, out BtfLayout layout))
        {
            throw Malformed(
                BtfErrorCode.UnknownKind, $"kind {(int)kind} is unknown and no layout section tells its size: the file is damaged or newer than this library", at, record);
        }

        if (!layout.IsAligned)
            throw Malformed(BtfErrorCode.BadLayout, $"the layout section gives kind {(int)kind} sizes that are not multiples of 4", at, record);
        return layout.TailLength(vlen);
    }

    /// <summary>The first name of a record that is out of range.</summary>
    private readonly BtfFormatException BadName(int record, int index)
    {
        uint info = _words[record + InfoWord];
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        int at = record + NameWord;
        for (int i = 0; _words[at] < _stringEnd; i++)
            at = record + ((layout.ElementOffset(i) + BtfRecordLayout.ElementNameOffset) / 4);
        return Malformed(BtfErrorCode.BadStringOffset, $"the name at string offset {_words[at]} lies outside the {_stringEnd} bytes of strings", at, index);
    }

    private static void Grow(ref int[] offsets)
    {
        int[] larger = ArrayPool<int>.Shared.Rent((int)Math.Min(offsets.Length * 2L, int.MaxValue / sizeof(int)));
        offsets.AsSpan().CopyTo(larger);
        ArrayPool<int>.Shared.Return(offsets);
        offsets = larger;
    }

    private readonly BtfKind KindAt(int offset) => BtfRecordLayout.Kind(_words[WordOf(offset) + InfoWord]);

    private readonly int WordOf(int offset) => (offset - _start) / 4;

    private readonly BtfFormatException Malformed(BtfErrorCode code, string problem, int word, int record) =>
        new(code, problem, _start + (4L * word), new BtfTypeId(_spec.FirstId.Value + (uint)record), _spec.Source);

    /// <summary><c>struct btf_param</c>.</summary>
    private readonly record struct Parameter(uint Name, uint Type);

    /// <summary><c>struct btf_member</c>.</summary>
    private readonly record struct Member(uint Name, uint Type, uint Place);
}
