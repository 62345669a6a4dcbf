using System.Buffers.Binary;

namespace P3Ebpf.CoRe.Differential;

/// <summary>
/// Damages a little-endian object in one place: a relocated instruction, which may then be one that compilers do not emit, or a
/// relocation, which may then be one that makes no sense.
/// </summary>
internal sealed class ObjectTamperer
{
    /// <summary>Where the header of .BTF.ext says where the relocations are, and how long they are.</summary>
    private const int TableField = 24;
    private const int RecordLength = 16;

    private readonly byte[] _object;
    private readonly uint _typeCount;
    private readonly List<(int Record, int Instruction)> _relocations = [];

    public ObjectTamperer(string path)
    {
        _object = File.ReadAllBytes(path);
        using ElfFile elf = ElfFile.Parse(_object);
        if (!elf.TryGetSection(".BTF", out ElfSection types) || !elf.TryGetSection(".BTF.ext", out ElfSection ext))
            throw new InvalidDataException($"{path} has no BTF.");
        BtfSpec btf = BtfSpec.Parse(types.ReadData());
        _typeCount = btf.TypeCount;

        int header = (int)ext.Offset;
        int position = header + (int)Word(header + 4) + (int)Word(header + TableField);
        int end = position + (int)Word(header + TableField + 4);
        for (position += 4; position < end;)
        {
            if (!elf.TryGetSection(btf.GetString(Word(position)).ToString(), out ElfSection code))
                throw new InvalidDataException($"{path} relocates a section that it does not have.");
            int count = (int)Word(position + 4);
            position += 8;
            for (int i = 0; i < count; i++, position += RecordLength)
                _relocations.Add((position, (int)code.Offset + (int)Word(position)));
        }
    }

    /// <summary>Whether there is anything to damage.</summary>
    public bool HasRelocations => _relocations.Count > 0;

    /// <summary>A damaged copy.</summary>
    public byte[] Tamper(SeededRandom random)
    {
        byte[] copy = [.. _object];
        (int record, int instruction) = random.Pick(_relocations);
        (int other, _) = random.Pick(_relocations);
        ref byte code = ref copy[instruction];
        switch (random.Below(14))
        {
            case 0:
                code = (byte)((code & 0x1F) | (byte)BpfAccessMode.Atomic);
                break;
            case 1:
                code = (byte)((code & 0x1F) | (byte)BpfAccessMode.MemSx);
                break;
            case 2:
                code = (byte)((code & 0xE7) | (random.Below(4) << 3));
                break;
            case 3:
                code = (byte)((code & 0xF8) | random.Below(8));
                break;
            case 4:
                code ^= 0x08;
                break;
            case 5:
                copy[instruction + 2]++;
                break;
            case 6:
                copy[instruction + 4]++;
                break;
            case 7:
                copy[instruction + random.Below(16)] ^= (byte)(1 << random.Below(8));
                break;
            case 8 or 9:
                Write(copy, record + 12, (uint)random.Below(14));
                break;
            case 10:
                Write(copy, record + 4, (uint)random.Below((int)_typeCount + 2));
                break;
            case 11:
                Write(copy, record + 8, Word(other + 8));
                break;
            case 12:
                Write(copy, record, Word(record) + (uint)random.Pick([4, 8, 16, 0x10000]));
                break;
            case 13:
                Write(copy, record, Word(other));
                break;
        }

        return copy;
    }

    private uint Word(int position) => BinaryPrimitives.ReadUInt32LittleEndian(_object.AsSpan(position));

    private static void Write(byte[] bytes, int position, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(position), value);
}
