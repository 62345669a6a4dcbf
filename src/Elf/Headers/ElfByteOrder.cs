namespace P3Ebpf.Elf;

/// <summary>Byte order of all numbers in an ELF file (<c>e_ident[EI_DATA]</c>).</summary>
public enum ElfByteOrder : byte
{
    /// <summary>Least significant byte first (<c>ELFDATA2LSB</c>).</summary>
    LittleEndian = 1,

    /// <summary>Most significant byte first (<c>ELFDATA2MSB</c>).</summary>
    BigEndian = 2,
}
