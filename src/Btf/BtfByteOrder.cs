namespace P3Ebpf.Btf;

/// <summary>The byte order in which a BTF was stored.</summary>
public enum BtfByteOrder
{
    /// <summary>Least significant byte first: the file starts with <c>9F EB</c>.</summary>
    LittleEndian,

    /// <summary>Most significant byte first: the file starts with <c>EB 9F</c>.</summary>
    BigEndian,
}
