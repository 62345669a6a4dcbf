using System.Buffers.Binary;
using System.Runtime.InteropServices;
using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>The .BTF.ext of the result: function types, source lines and CO-RE relocations of all objects, by section and instruction.</summary>
internal sealed class MergedExt(SectionLayout sections, BtfBuilder strings, Func<LinkInput, BtfTypeId, BtfTypeId> mapId)
{
    private const ushort Magic = 0xEB9F;
    private const int HeaderWords = 8;

    private readonly Table _functions = new("function information");
    private readonly Table _lines = new("line information");
    private readonly Table _relocations = new("CO-RE relocations");

    public void Add(LinkInput input)
    {
        if (input.BtfExt is not { } ext)
            return;
        Add(input, _functions, ext.FuncInfo, record => record[1] = MapId(input, record[1]));
        Add(input, _lines, ext.LineInfo, record =>
        {
            record[1] = MapString(input, record[1]);
            record[2] = MapString(input, record[2]);
        });
        Add(input, _relocations, ext.CoreRelocations, record =>
        {
            record[1] = MapId(input, record[1]);
            record[2] = MapString(input, record[2]);
        });
    }

    /// <summary>The section's content; nothing where no object has any.</summary>
    public byte[] ToArray(bool littleEndian)
    {
        List<uint> words = [];
        uint[] header = new uint[HeaderWords];
        int field = 2;
        foreach (Table table in new[] { _functions, _lines, _relocations })
        {
            int start = words.Count;
            table.Write(words, sections, strings);
            header[field++] = (uint)start * sizeof(uint);
            header[field++] = (uint)(words.Count - start) * sizeof(uint);
        }

        if (words.Count == 0)
            return [];
        header[1] = HeaderWords * sizeof(uint);
        words.InsertRange(0, header);
        byte[] bytes = new byte[words.Count * sizeof(uint)];
        for (int i = 1; i < words.Count; i++)
        {
            Span<byte> at = bytes.AsSpan(i * sizeof(uint));
            if (littleEndian)
                BinaryPrimitives.WriteUInt32LittleEndian(at, words[i]);
            else
                BinaryPrimitives.WriteUInt32BigEndian(at, words[i]);
        }

        // A magic number of two bytes, a version, and flags.
        bytes[0] = (byte)(littleEndian ? Magic & 0xFF : Magic >> 8);
        bytes[1] = (byte)(littleEndian ? Magic >> 8 : Magic & 0xFF);
        bytes[2] = 1;
        return bytes;
    }

    private void Add<TRecord>(LinkInput input, Table table, BtfExtTable<TRecord> records, Action<uint[]> rewrite)
        where TRecord : unmanaged
    {
        foreach (BtfExtSection<TRecord> part in records.Sections)
        {
            string name = part.SectionName.Bytes.Length <= NameBudget.MaxLength ? part.SectionName.ToString() : string.Empty;
            if (input.SectionNamed(name) is not { } section)
                throw input.Failure(BpfLinkErrorCode.Malformed, $"the {table.What} concern section '{name}', which does not exist", LinkSection.BtfExt);
            if (table.RecordLength != 0 && table.RecordLength != records.RecordLength)
            {
                throw input.Failure(
                    BpfLinkErrorCode.Unsupported, $"the {table.What} have records of {records.RecordLength} bytes, and of {table.RecordLength} in the files before", LinkSection.BtfExt,
                    hint: "Compile all files with one version of clang.");
            }

            table.RecordLength = records.RecordLength;
            SectionPlace place = sections[section];
            List<uint[]> all = table.RecordsOf(place.Section);
            for (int i = 0; i < part.Count; i++)
            {
                uint[] record = MemoryMarshal.Cast<byte, uint>(part.RecordBytes(i)).ToArray();
                if (record[0] >= section.Size)
                    throw input.Failure(BpfLinkErrorCode.Malformed, $"the {table.What} concern byte {record[0]} of section '{name}', which has {section.Size}", LinkSection.BtfExt);
                record[0] += (uint)place.Offset;
                rewrite(record);
                all.Add(record);
            }
        }
    }

    private uint MapId(LinkInput input, uint id) => input.Btf!.TryGetType(new BtfTypeId(id), out _)
        ? mapId(input, new BtfTypeId(id)).Value
        : throw input.Failure(BpfLinkErrorCode.Malformed, $"it refers to type {id}, which does not exist", LinkSection.BtfExt);

    private uint MapString(LinkInput input, uint offset) => input.Btf!.TryGetString(offset, out BtfString text)
        ? strings.AddString(text)
        : throw input.Failure(BpfLinkErrorCode.Malformed, $"it refers to a string at {offset}, outside the strings", LinkSection.BtfExt);

    private sealed class Table(string what)
    {
        private readonly Dictionary<LinkedSection, List<uint[]>> _records = [];

        public string What => what;

        public int RecordLength { get; set; }

        public List<uint[]> RecordsOf(LinkedSection section)
        {
            if (!_records.TryGetValue(section, out List<uint[]>? records))
                _records.Add(section, records = []);
            return records;
        }

        public void Write(List<uint> words, SectionLayout sections, BtfBuilder strings)
        {
            if (_records.Count == 0)
                return;
            words.Add((uint)RecordLength);
            foreach (LinkedSection section in sections.Sections)
            {
                if (!_records.TryGetValue(section, out List<uint[]>? records))
                    continue;
                words.Add(strings.AddString(section.Name));
                words.Add((uint)records.Count);
                foreach (uint[] record in records.OrderBy(r => r[0]))
                    words.AddRange(record);
            }
        }
    }
}
