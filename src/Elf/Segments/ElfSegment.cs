namespace P3Ebpf.Elf;

/// <summary>One segment: a view of its program header. Its bytes are read when asked for, and checked then.</summary>
public readonly struct ElfSegment
{
    private readonly ElfFile _file;
    private readonly ElfRegion _headers;
    private readonly int _header;

    internal ElfSegment(ElfFile file, ElfRegion headers, int index)
    {
        _file = file;
        _headers = headers;
        _header = index * file.Encoding.SegmentHeaderSize;
    }

    /// <summary>Position in the program header table, counted from 0.</summary>
    public int Index => _header / _file.Encoding.SegmentHeaderSize;

    /// <summary>What the segment is for.</summary>
    public ElfSegmentType Type => (ElfSegmentType)_headers.UInt32(_header);

    /// <summary>Access rights.</summary>
    public ElfSegmentFlags Flags => (ElfSegmentFlags)_headers.UInt32(_header + (_file.Encoding.Is64 ? 4 : 24));

    /// <summary>Byte offset in the file, as the header states it.</summary>
    public ulong Offset => Word(0);

    /// <summary>Address in memory.</summary>
    public ulong VirtualAddress => Word(1);

    /// <summary>Physical address, where that means something.</summary>
    public ulong PhysicalAddress => Word(2);

    /// <summary>Bytes in the file.</summary>
    public ulong FileSize => Word(3);

    /// <summary>Bytes in memory; those beyond <see cref="FileSize"/> are zero.</summary>
    public ulong MemorySize => Word(4);

    /// <summary>Alignment in bytes; 0 and 1 mean none.</summary>
    public ulong Alignment => _headers.Word(_header + (_file.Encoding.Is64 ? 48 : 28));

    /// <summary>The bytes in the file. From memory this is a slice, not a copy.</summary>
    /// <exception cref="ElfFormatException">
    /// The segment is not inside the file, or larger than <see cref="ElfReadLimits.MaxSectionSize"/>.
    /// </exception>
    public ReadOnlyMemory<byte> ReadData() => ReadRegion().Bytes;

    /// <summary>The notes of a segment of type <see cref="ElfSegmentType.Note"/>.</summary>
    /// <exception cref="InvalidOperationException">The segment is of another type.</exception>
    /// <exception cref="ElfFormatException">
    /// The segment is not inside the file. Malformed notes are reported when they are reached.
    /// </exception>
    public ElfNotes ReadNotes() =>
        Type == ElfSegmentType.Note
            ? new ElfNotes(ReadRegion(), Alignment)
            : throw new InvalidOperationException($"Segment {Index} is of type {Type} and holds no notes.");

    internal ElfRegion ReadRegion() => _file.ReadRegion(ElfErrorCode.SegmentOutOfRange, section: null, Offset, FileSize);

    /// <summary>File offset of an address that the file has bytes for, and how many follow it within this segment.</summary>
    internal bool TryMap(ulong address, out ulong offset, out ulong available)
    {
        ulong distance = address - VirtualAddress;
        bool isInside = address >= VirtualAddress && distance < FileSize && distance <= ulong.MaxValue - Offset;
        offset = isInside ? Offset + distance : 0;
        available = isInside ? FileSize - distance : 0;
        return isInside;
    }

    private ulong Word(int index) => _headers.Word(_header + _file.Encoding.WordSize * (index + 1));
}

/// <summary>What a segment is for (<c>p_type</c>). Other values are specific to a system or processor.</summary>
public enum ElfSegmentType : uint
{
    /// <summary>Unused (<c>PT_NULL</c>).</summary>
    Null = 0,

    /// <summary>Mapped into memory (<c>PT_LOAD</c>).</summary>
    Load = 1,

    /// <summary>Dynamic linking information (<c>PT_DYNAMIC</c>).</summary>
    Dynamic = 2,

    /// <summary>Path of the dynamic linker (<c>PT_INTERP</c>).</summary>
    Interp = 3,

    /// <summary>Notes (<c>PT_NOTE</c>).</summary>
    Note = 4,

    /// <summary>The program header table itself (<c>PT_PHDR</c>).</summary>
    Phdr = 6,

    /// <summary>Initial image of thread-local data (<c>PT_TLS</c>).</summary>
    Tls = 7,

    /// <summary>Index of the unwind tables (<c>PT_GNU_EH_FRAME</c>).</summary>
    GnuEhFrame = 0x6474e550,

    /// <summary>Whether the stack is executable (<c>PT_GNU_STACK</c>).</summary>
    GnuStack = 0x6474e551,

    /// <summary>Made read-only after relocation (<c>PT_GNU_RELRO</c>).</summary>
    GnuRelro = 0x6474e552,

    /// <summary>Processor properties (<c>PT_GNU_PROPERTY</c>).</summary>
    GnuProperty = 0x6474e553,
}

/// <summary>Access rights of a segment (<c>p_flags</c>).</summary>
[Flags]
public enum ElfSegmentFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Executable (<c>PF_X</c>).</summary>
    Execute = 1,

    /// <summary>Writable (<c>PF_W</c>).</summary>
    Write = 2,

    /// <summary>Readable (<c>PF_R</c>).</summary>
    Read = 4,
}
