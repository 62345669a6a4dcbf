using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>One of the tables of a .BTF.ext: function, line, or CO-RE records, by ELF section.</summary>
/// <typeparam name="TRecord">The kind of record.</typeparam>
public sealed class BtfExtTable<TRecord>
    where TRecord : unmanaged
{
    private readonly BtfExtSection<TRecord>[] _sections;

    internal BtfExtTable(int recordLength, BtfExtSection<TRecord>[] sections)
    {
        RecordLength = recordLength;
        _sections = sections;
    }

    /// <summary>Bytes of a record in the file; at least those of <typeparamref name="TRecord"/>. 0 where the table is absent.</summary>
    public int RecordLength { get; }

    /// <summary>The sections, in the order of the file.</summary>
    public IReadOnlyList<BtfExtSection<TRecord>> Sections => _sections;

    /// <summary>How many records there are in all sections.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (BtfExtSection<TRecord> section in _sections)
                count += section.Count;
            return count;
        }
    }
}

/// <summary>The records of a .BTF.ext table that belong to one ELF section.</summary>
/// <typeparam name="TRecord">The kind of record.</typeparam>
public readonly struct BtfExtSection<TRecord>
    where TRecord : unmanaged
{
    private readonly ArraySegment<byte> _data;
    private readonly int _start;
    private readonly int _step;

    internal BtfExtSection(ArraySegment<byte> data, BtfString name, int start, int count, int step)
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
