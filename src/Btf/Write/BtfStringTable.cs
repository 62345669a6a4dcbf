namespace P3Ebpf.Btf;

/// <summary>The strings of a BTF under construction: each once, and none that a base has already.</summary>
internal sealed class BtfStringTable
{
    /// <summary>
    /// Sixteen times what a kernel takes (BTF_MAX_NAME_OFFSET). Names may overlap in a file, and do not in what is written: without a
    /// limit a hostile file of a megabyte could ask for gigabytes.
    /// </summary>
    public const int MaxLength = 1 << 28;

    private readonly BtfSpec? _base;
    private readonly uint _start;
    private readonly int _maxLength;
    private byte[] _bytes = new byte[1024];
    private int[] _buckets = new int[1024];
    private Entry[] _entries = new Entry[512];
    private int _entryCount;

    /// <param name="baseSpec">The BTF whose strings these continue, or none.</param>
    /// <param name="maxLength">Bytes of the section at most.</param>
    public BtfStringTable(BtfSpec? baseSpec, int maxLength = MaxLength)
    {
        _base = baseSpec;
        _maxLength = maxLength;
        _start = baseSpec?.StringEnd ?? 0;
        if (baseSpec is null)
            Length = 1;
        else
            IndexBase(baseSpec);
    }

    /// <summary>Bytes of the section, without the strings of bases.</summary>
    public int Length { get; private set; }

    /// <summary>The section, without the strings of bases.</summary>
    public ReadOnlySpan<byte> Section => _bytes.AsSpan(0, Length);

    /// <summary>Takes over a whole string section of the same base, so that offsets into it stay right.</summary>
    public void Seed(ReadOnlySpan<byte> section)
    {
        Length = 0;
        Grow(section.Length);
        section.CopyTo(_bytes);
        Length = section.Length;
        Index(section, _start);
    }

    /// <summary>The offset of a string, which is added if it is new.</summary>
    public uint Add(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return 0;
        int hash = BtfNameHash.Of(text);
        for (int i = _buckets[hash & (_buckets.Length - 1)]; i != 0; i = _entries[i - 1].Next)
        {
            if (_entries[i - 1].Hash == hash && TextAt(_entries[i - 1].Offset, text.Length).SequenceEqual(text))
                return _entries[i - 1].Offset;
        }

        if (text.IndexOf((byte)0) >= 0)
            throw new ArgumentException("A name cannot contain a zero byte.", nameof(text));
        Grow(text.Length + 1);
        text.CopyTo(_bytes.AsSpan(Length));
        uint offset = _start + (uint)Length;
        Length += text.Length;
        _bytes[Length++] = 0;
        Enter(hash, offset);
        return offset;
    }

    private void IndexBase(BtfSpec spec)
    {
        if (spec.Base is not null)
            IndexBase(spec.Base);
        Index(spec.StringSection, spec.StringBase);
    }

    private void Index(ReadOnlySpan<byte> section, uint offset)
    {
        while (!section.IsEmpty)
        {
            int length = section.IndexOf((byte)0);
            if (length > 0)
                Enter(BtfNameHash.Of(section.Slice(0, length)), offset);
            section = section.Slice(length + 1);
            offset += (uint)length + 1;
        }
    }

    /// <summary>The bytes of an entry as far as they are to be compared, or none where the entry is not that long.</summary>
    private ReadOnlySpan<byte> TextAt(uint offset, int length)
    {
        if (offset < _start)
            return _base!.GetString(offset).Bytes;
        ReadOnlySpan<byte> rest = Section.Slice((int)(offset - _start));
        return length < rest.Length && rest[length] == 0 ? rest.Slice(0, length) : default;
    }

    private void Enter(int hash, uint offset)
    {
        if (_entryCount == _entries.Length)
            Rehash();
        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        _entries[_entryCount++] = new Entry(hash, offset, bucket);
        bucket = _entryCount;
    }

    private void Rehash()
    {
        Array.Resize(ref _entries, 2 * _entries.Length);
        _buckets = new int[2 * _buckets.Length];
        for (int i = 0; i < _entryCount; i++)
        {
            ref int bucket = ref _buckets[_entries[i].Hash & (_buckets.Length - 1)];
            _entries[i] = _entries[i] with { Next = bucket };
            bucket = i + 1;
        }
    }

    private void Grow(int more)
    {
        long needed = (long)Length + more;
        if (needed > _maxLength || _start + needed > uint.MaxValue)
            throw new BtfFormatException(BtfErrorCode.SizeOverflow, $"the strings to be written exceed {_maxLength} bytes");
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Max(needed, Math.Min(2L * _bytes.Length, _maxLength)));
    }

    private readonly record struct Entry(int Hash, uint Offset, int Next);
}
