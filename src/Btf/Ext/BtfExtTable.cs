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
