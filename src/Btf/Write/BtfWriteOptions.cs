namespace P3Ebpf.Btf;

/// <summary>How to write a BTF.</summary>
public sealed class BtfWriteOptions
{
    /// <summary>The byte order of the output; this machine's unless set.</summary>
    public BtfByteOrder ByteOrder { get; init; } = BitConverter.IsLittleEndian ? BtfByteOrder.LittleEndian : BtfByteOrder.BigEndian;

    /// <summary>
    /// Whether to write a layout section, which tells readers the record lengths of kinds that they do not know. It takes a header
    /// of 32 bytes, which kernels before 7.1 reject.
    /// </summary>
    public bool Layout { get; init; }
}
