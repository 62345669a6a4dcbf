using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>The records of a .BTF.ext table that belong to one ELF section.</summary>
/// <typeparam name="TRecord">The kind of record.</typeparam>
public readonly struct BtfExtSection<TRecord>
    where TRecord : unmanaged
{
    private readonly byte[] _data;
    private readonly int _start;
    private readonly int _step;

    internal BtfExtSection(byte[] data, BtfString name, int start, int count, int step)
    {
        _data = data;
        _start = start;
        _step = step;
        SectionName = name;
        Count = count;
    }

    /// <summary>The name of the ELF section whose instructions the records are about.</summary>
    public BtfString SectionName { get; }

    /// <summary>How many records.</summary>
    public int Count { get; }

    /// <summary>The record at an index. Of records longer than this library knows, the known part.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public TRecord this[int index] => MemoryMarshal.Read<TRecord>(RecordBytes(index));

    /// <summary>The whole record, with what this library does not know of it, in this machine's byte order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public ReadOnlySpan<byte> RecordBytes(int index) =>
        (uint)index < (uint)Count ? _data.AsSpan(_start + (index * _step), _step) : throw new ArgumentOutOfRangeException(nameof(index));
}
