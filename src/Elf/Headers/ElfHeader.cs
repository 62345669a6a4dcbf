namespace P3Ebpf.Elf;

/// <summary>The file header of an ELF file (<c>Elf32_Ehdr</c>, <c>Elf64_Ehdr</c>).</summary>
public sealed class ElfHeader
{
    internal ElfHeader(ElfRegion header)
    {
        ElfEncoding encoding = header.File.Encoding;
        int word = encoding.WordSize;
        int flags = encoding.FlagsOffset;

        Class = encoding.Class;
        ByteOrder = encoding.ByteOrder;
        OsAbi = header.Byte(7);
        AbiVersion = header.Byte(8);
        Type = (ElfType)header.UInt16(16);
        Machine = (ElfMachine)header.UInt16(18);
        Entry = header.Word(24);
        SegmentTableOffset = header.Word(24 + word);
        SectionTableOffset = header.Word(24 + 2 * word);
        Flags = header.UInt32(flags);
        SegmentEntrySize = header.UInt16(flags + 6);
        SegmentCount = header.UInt16(flags + 8);
        SectionEntrySize = header.UInt16(flags + 10);
        SectionCount = header.UInt16(flags + 12);
        SectionNamesIndex = header.UInt16(flags + 14);
    }

    /// <summary>32 or 64 bit.</summary>
    public ElfClass Class { get; }

    /// <summary>Byte order of the file's numbers.</summary>
    public ElfByteOrder ByteOrder { get; }

    /// <summary>Operating system whose extensions the file uses, 0 for System V, 3 for GNU/Linux (<c>e_ident[EI_OSABI]</c>).</summary>
    public byte OsAbi { get; }

    /// <summary>Version of that extension set (<c>e_ident[EI_ABIVERSION]</c>).</summary>
    public byte AbiVersion { get; }

    /// <summary>What the file is for.</summary>
    public ElfType Type { get; }

    /// <summary>The instruction set.</summary>
    public ElfMachine Machine { get; }

    /// <summary>Virtual address where execution starts; 0 where there is none.</summary>
    public ulong Entry { get; }

    /// <summary>Flags specific to the instruction set (<c>e_flags</c>).</summary>
    public uint Flags { get; }

    /// <summary><c>e_phoff</c></summary>
    internal ulong SegmentTableOffset { get; }

    /// <summary><c>e_phentsize</c></summary>
    internal ushort SegmentEntrySize { get; }

    /// <summary><c>e_phnum</c> as written: 0xffff refers to section 0.</summary>
    internal ushort SegmentCount { get; }

    /// <summary><c>e_shoff</c></summary>
    internal ulong SectionTableOffset { get; }

    /// <summary><c>e_shentsize</c></summary>
    internal ushort SectionEntrySize { get; }

    /// <summary><c>e_shnum</c> as written: 0 refers to section 0.</summary>
    internal ushort SectionCount { get; }

    /// <summary><c>e_shstrndx</c> as written: 0xffff refers to section 0.</summary>
    internal ushort SectionNamesIndex { get; }
}

/// <summary>Width of addresses and offsets in an ELF file (<c>e_ident[EI_CLASS]</c>).</summary>
public enum ElfClass : byte
{
    /// <summary>32 bit (<c>ELFCLASS32</c>).</summary>
    Elf32 = 1,

    /// <summary>64 bit (<c>ELFCLASS64</c>).</summary>
    Elf64 = 2,
}

/// <summary>Byte order of all numbers in an ELF file (<c>e_ident[EI_DATA]</c>).</summary>
public enum ElfByteOrder : byte
{
    /// <summary>Least significant byte first (<c>ELFDATA2LSB</c>).</summary>
    LittleEndian = 1,

    /// <summary>Most significant byte first (<c>ELFDATA2MSB</c>).</summary>
    BigEndian = 2,
}

/// <summary>What an ELF file is for (<c>e_type</c>). Other values are specific to a system or processor.</summary>
public enum ElfType : ushort
{
    /// <summary>No type (<c>ET_NONE</c>).</summary>
    None = 0,

    /// <summary>Object file, to be linked or, for BPF and kernel modules, loaded (<c>ET_REL</c>).</summary>
    Relocatable = 1,

    /// <summary>Executable at fixed addresses (<c>ET_EXEC</c>).</summary>
    Executable = 2,

    /// <summary>Shared library or position-independent executable (<c>ET_DYN</c>).</summary>
    Shared = 3,

    /// <summary>Core dump (<c>ET_CORE</c>).</summary>
    Core = 4,
}
