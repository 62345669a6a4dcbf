using System.Buffers.Binary;
using System.Text;
using P3Ebpf.Btf;

namespace P3Ebpf.CoRe.Tests;

/// <summary>A member of a struct under construction; offset and width in bits.</summary>
internal readonly record struct TestMember(string Name, uint Type, uint BitOffset, uint Bits = 0);

/// <summary>Puts a BTF together record by record; every method returns the id of the type it adds.</summary>
internal sealed class TestBtf(bool littleEndian = true, BtfSpec? baseBtf = null)
{
    private readonly List<byte> _types = [];
    private readonly List<byte> _strings = baseBtf is null ? [0] : [];
    private readonly Dictionary<string, uint> _offsets = [];
    private uint _nextId = baseBtf?.TypeCount ?? 1;

    public uint U8 => field == 0 ? field = Int("unsigned char", 1) : field;

    public uint S32 => field == 0 ? field = Int("int", 4, BtfIntEncoding.Signed) : field;

    public uint U32 => field == 0 ? field = Int("unsigned int", 4) : field;

    public uint U64 => field == 0 ? field = Int("unsigned long", 8) : field;

    public uint S64 => field == 0 ? field = Int("long", 8, BtfIntEncoding.Signed) : field;

    public uint String(string text)
    {
        if (text.Length == 0)
            return 0;
        if (!_offsets.TryGetValue(text, out uint offset))
        {
            offset = (uint)_strings.Count + (baseBtf is null ? 0 : BaseStringEnd(baseBtf));
            _strings.AddRange(Encoding.UTF8.GetBytes(text + "\0"));
            _offsets.Add(text, offset);
        }

        return offset;
    }

    public uint Int(string name, uint size, BtfIntEncoding encoding = BtfIntEncoding.None, uint bitOffset = 0) =>
        Add(BtfKind.Int, name, size, 0, false, ((uint)encoding << 24) | (bitOffset << 16) | (size * 8));

    public uint Ptr(uint to) => Add(BtfKind.Ptr, "", to);

    public uint Array(uint element, uint length) => Add(BtfKind.Array, "", 0, 0, false, element, 1, length);

    public uint Struct(string name, uint size, params TestMember[] members) => Composite(BtfKind.Struct, name, size, members);

    public uint Union(string name, uint size, params TestMember[] members) => Composite(BtfKind.Union, name, size, members);

    public uint Enum(string name, bool signed, params (string Name, int Value)[] values) =>
        Add(BtfKind.Enum, name, 4, (uint)values.Length, signed, [.. values.SelectMany(value => new[] { String(value.Name), (uint)value.Value })]);

    public uint Enum64(string name, bool signed, params (string Name, long Value)[] values) =>
        Add(BtfKind.Enum64, name, 8, (uint)values.Length, signed, [.. values.SelectMany(value => new[] { String(value.Name), (uint)value.Value, (uint)(value.Value >> 32) })]);

    public uint Fwd(string name, bool union = false) => Add(BtfKind.Fwd, name, 0, 0, union);

    public uint Typedef(string name, uint of) => Add(BtfKind.Typedef, name, of);

    public uint Const(uint of) => Add(BtfKind.Const, "", of);

    public uint Volatile(uint of) => Add(BtfKind.Volatile, "", of);

    public uint Float(string name, uint size) => Add(BtfKind.Float, name, size);

    public uint FuncProto(uint result, params uint[] parameters) =>
        Add(BtfKind.FuncProto, "", result, (uint)parameters.Length, false, [.. parameters.SelectMany(parameter => new[] { 0u, parameter })]);

    public BtfSpec Build(string? source = null)
    {
        List<byte> data = [.. Bytes(0xEB9F, 2), 1, 0];
        foreach (int word in new[] { 24, 0, _types.Count, _types.Count, _strings.Count })
            data.AddRange(Bytes((uint)word, 4));
        data.AddRange(_types);
        data.AddRange(_strings);
        return BtfSpec.Parse(data.ToArray(), new BtfReadOptions { Base = baseBtf, PointerSize = 8, Source = source });
    }

    private uint Composite(BtfKind kind, string name, uint size, TestMember[] members)
    {
        bool bitfields = members.Any(member => member.Bits > 0);
        return Add(kind, name, size, (uint)members.Length, bitfields, [.. members.SelectMany(member => new[] { String(member.Name), member.Type, member.BitOffset | (member.Bits << 24) })]);
    }

    private uint Add(BtfKind kind, string name, uint third, uint vlen = 0, bool flag = false, params uint[] tail)
    {
        foreach (uint word in (uint[])[String(name), ((uint)kind << 24) | vlen | (flag ? 1u << 31 : 0), third, .. tail])
            _types.AddRange(Bytes(word, 4));
        return _nextId++;
    }

    private byte[] Bytes(uint value, int length)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        bytes = bytes[..length];
        if (!littleEndian)
            System.Array.Reverse(bytes);
        return bytes;
    }

    private static uint BaseStringEnd(BtfSpec spec) => (spec.Base is null ? 0 : BaseStringEnd(spec.Base)) + spec.Header.StringLength;
}
