namespace P3Ebpf.Btf;

/// <summary>Type records under construction, one after another in one array of words, found by index.</summary>
internal sealed class BtfRecordStore
{
    private const int Undefined = -1;
    private uint[] _words = new uint[256];
    private int[] _starts = new int[64];
    private int _used;

    public int Count { get; private set; }

    /// <summary>The words of a record, for reading and changing; not of an undefined one.</summary>
    public Span<uint> this[int index] => _words.AsSpan(_starts[index], WordCount(_starts[index]));

    public bool IsDefined(int index) => _starts[index] != Undefined;

    /// <summary>Room for a record that only <see cref="Append"/> makes part of the store.</summary>
    public Span<uint> Draft(int words)
    {
        long needed = (long)_used + words;
        if (needed > int.MaxValue / 4)
            throw new InvalidOperationException("The types exceed 2 GiB.");
        if (needed > _words.Length)
            Array.Resize(ref _words, (int)Math.Max(needed, Math.Min(2L * _words.Length, int.MaxValue / 4)));
        return _words.AsSpan(_used, words);
    }

    /// <summary>Makes the draft the last record.</summary>
    /// <returns>Its index.</returns>
    public int Append()
    {
        int index = AppendUndefined();
        _starts[index] = _used;
        _used += WordCount(_used);
        return index;
    }

    /// <summary>Appends a record that is still to be defined.</summary>
    /// <returns>Its index.</returns>
    public int AppendUndefined()
    {
        if (Count == _starts.Length)
            Array.Resize(ref _starts, 2 * Count);
        _starts[Count] = Undefined;
        return Count++;
    }

    /// <summary>Makes a record the same as another.</summary>
    public void Alias(int index, int other) => _starts[index] = _starts[other];

    /// <summary>Forgets the last record; its words stay, since another may be the same.</summary>
    public void RemoveLast() => Count--;

    /// <summary>The first record that is still to be defined, or -1.</summary>
    public int FindUndefined() => Array.IndexOf(_starts, Undefined, 0, Count);

    /// <summary>Words of all records, which are defined.</summary>
    public long TotalWords()
    {
        long words = 0;
        for (int i = 0; i < Count; i++)
            words += this[i].Length;
        return words;
    }

    /// <summary>Writes all records, one after another.</summary>
    public void CopyTo(Span<uint> target)
    {
        for (int i = 0; i < Count; i++)
        {
            this[i].CopyTo(target);
            target = target.Slice(this[i].Length);
        }
    }

    private int WordCount(int start) => BtfRecordLayout.WordCount(BtfRecordLayout.Word(_words.AsSpan(start), BtfRecordLayout.InfoOffset));
}
