using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>The type records that a walk found in the data, together with those of the base.</summary>
internal sealed class BtfRecordTable(BtfImage image, BtfSpec? baseSpec)
{
    private int[] _offsets = new int[Math.Max(16, (image.TypeEnd - image.TypeStart) / 28)];

    public BtfImage Image { get; } = image;

    public BtfSpec? Base { get; } = baseSpec;

    public uint FirstId { get; } = baseSpec?.TypeCount ?? 1;

    /// <summary>The string offset at which the data's own strings start.</summary>
    public uint StringBase { get; } = baseSpec?.StringEnd ?? 0;

    /// <summary>The first string offset that is out of range.</summary>
    public long StringEnd => (long)StringBase + Image.Header.StringLength;

    public int Count { get; private set; }

    /// <summary>How many records precede the first gap: their ids are certain.</summary>
    public int Certain { get; private set; } = -1;

    /// <summary>Bytes that were skipped in gaps.</summary>
    public long Skipped { get; private set; }

    /// <summary>How many gaps began at a record that looks sound but for a kind beyond those we know.</summary>
    public int NewerKinds { get; set; }

    public int Gaps { get; private set; }

    /// <summary>Whether the walk met no damage, so that every id is certain.</summary>
    public bool IsComplete => Certain < 0 && !Image.TypesAreCut;

    public uint IdEnd => FirstId + (uint)Count;

    /// <summary>No id of the undamaged file can have been as high.</summary>
    public long IdLimit => Math.Min(
        uint.MaxValue, IsComplete ? IdEnd : FirstId + (long)Count + (Skipped / BtfRecordLayout.HeadLength) + ((Image.Header.TypeLength - (Image.TypeEnd - Image.TypeStart)) / BtfRecordLayout.HeadLength) + 1);

    public void Add(int position)
    {
        if (Count == _offsets.Length)
            Array.Resize(ref _offsets, _offsets.Length * 2);
        _offsets[Count++] = position;
    }

    public void Skip(int length)
    {
        if (Certain < 0)
            Certain = Count;
        Gaps++;
        Skipped += length;
    }

    public int Offset(int index) => _offsets[index];

    public BtfTypeId Id(int index) => Certain >= 0 && index >= Certain ? default : new BtfTypeId(FirstId + (uint)index);

    public uint Info(int index) => Image.UInt32(_offsets[index] + BtfRecordLayout.InfoOffset);

    /// <summary>The kind behind an id; <see cref="BtfKind.Void"/> for one that does not exist.</summary>
    public BtfKind Kind(uint id)
    {
        if (id - FirstId < (uint)Count && id >= FirstId)
            return BtfRecordLayout.Kind(Info((int)(id - FirstId)));
        return Base is not null && id < FirstId ? Base[new BtfTypeId(id)].Kind : BtfKind.Void;
    }

    public uint Vlen(uint id) => BtfRecordLayout.Vlen(Word(id, BtfRecordLayout.InfoOffset));

    /// <summary>A word of an existing record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Word(uint id, int offset) =>
        id >= FirstId ? Image.UInt32(_offsets[(int)(id - FirstId)] + offset) : Base![new BtfTypeId(id)].Word(offset);

    /// <summary>Bytes after the head of a record; -1 where nothing tells.</summary>
    public long TailLength(BtfKind kind, uint vlen)
    {
        long tail = BtfRecordLayout.TailLength(kind, vlen);
        return tail < 0 && TryGetLayout(kind, out BtfLayout layout) ? layout.TailLength(vlen) : tail;
    }

    public bool TryGetLayout(BtfKind kind, out BtfLayout layout)
    {
        layout = default;
        if (kind == BtfKind.Void)
            return false;
        if (Image.Header.LayoutLength == 0)
            return Base is not null && Base.TryGetLayout(kind, out layout);
        int entry = Image.LayoutStart + ((int)kind * BtfLayout.EntryLength);
        if (entry + BtfLayout.EntryLength > Image.LayoutEnd)
            return false;
        layout = new BtfLayout(Image[entry], Image[entry + 1], 0);
        return true;
    }

    /// <summary>Whether a name's offset is in range and, where that can be told, at the start of a string.</summary>
    public bool IsPlausibleName(uint offset) =>
        offset < StringEnd && (offset <= StringBase || !Image.StringsAreWhole || Image[Image.StringStart + (int)(offset - StringBase) - 1] == 0);
}
