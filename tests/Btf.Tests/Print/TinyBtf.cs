using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Btf.Tests.Print;

/// <summary>Writes the bytes of a small BTF, record by record, wrong ones included.</summary>
internal sealed class TinyBtf
{
    private readonly List<byte> _types = [];
    private readonly List<byte> _names = [0];
    private readonly List<byte> _layout = [];
    private uint _count;

    public uint Int(string name, uint size, uint encoding = 0) => Add(name, BtfKind.Int, 0, size, (encoding << 24) | (size * 8));

    public uint Float(string name, uint size) => Add(name, BtfKind.Float, 0, size);

    public uint Ptr(uint target) => Add("", BtfKind.Ptr, 0, target);

    public uint Of(BtfKind kind, uint target, string name = "", bool flag = false) => Add(name, kind, 0, target, flag);

    public uint Typedef(string name, uint target) => Add(name, BtfKind.Typedef, 0, target);

    public uint Array(uint element, uint length, uint index = 1) => Add("", BtfKind.Array, 0, 0, element, index, length);

    public uint Fwd(string name, bool union = false) => Add(name, BtfKind.Fwd, 0, 0, union);

    public uint Func(string name, uint prototype, BtfLinkage linkage = BtfLinkage.Global) => Add(name, BtfKind.Func, (uint)linkage, prototype);

    public uint Var(string name, uint type, BtfLinkage linkage = BtfLinkage.Global) => Add(name, BtfKind.Var, 0, type, (uint)linkage);

    public uint DeclTag(string value, uint target, int component = -1) => Add(value, BtfKind.DeclTag, 0, target, (uint)component);

    public uint DataSec(string name, uint size, params (uint Type, uint Offset, uint Size)[] variables) =>
        Add(name, BtfKind.DataSec, (uint)variables.Length, size, [.. variables.SelectMany(v => new[] { v.Type, v.Offset, v.Size })]);

    public uint Proto(uint result, params (string Name, uint Type)[] parameters) =>
        Add("", BtfKind.FuncProto, (uint)parameters.Length, result, [.. parameters.SelectMany(p => new[] { Name(p.Name), p.Type })]);

    /// <summary>Offsets in bytes.</summary>
    public uint Struct(string name, uint size, params (string Name, uint Type, uint Offset)[] members) =>
        Composite(BtfKind.Struct, name, size, [.. members.Select(m => (m.Name, m.Type, m.Offset * 8, 0u))]);

    public uint Union(string name, uint size, params (string Name, uint Type)[] members) =>
        Composite(BtfKind.Union, name, size, [.. members.Select(m => (m.Name, m.Type, 0u, 0u))]);

    /// <summary>Offsets and widths in bits; a width of 0 for a member that is no bitfield.</summary>
    public uint Bits(string name, uint size, params (string Name, uint Type, uint Offset, uint Width)[] members) =>
        Composite(BtfKind.Struct, name, size, members);

    public uint Composite(BtfKind kind, string name, uint size, (string Name, uint Type, uint Offset, uint Width)[] members)
    {
        bool flag = members.Any(m => m.Width != 0);
        return Add(name, kind, (uint)members.Length, size, flag, [.. members.SelectMany(m => new[] { Name(m.Name), m.Type, m.Offset | (m.Width << 24) })]);
    }

    public uint Enum(string name, uint size, bool signed, params (string Name, int Value)[] values) =>
        Add(name, BtfKind.Enum, (uint)values.Length, size, signed, [.. values.SelectMany(v => new[] { Name(v.Name), (uint)v.Value })]);

    public uint Enum64(string name, bool signed, params (string Name, ulong Value)[] values) =>
        Add(name, BtfKind.Enum64, (uint)values.Length, 8, signed, [.. values.SelectMany(v => new[] { Name(v.Name), (uint)v.Value, (uint)(v.Value >> 32) })]);

    /// <summary>A kind that no reader knows, described by a layout section.</summary>
    public uint Opaque(string name, byte kind, params uint[] info)
    {
        while (_layout.Count <= kind * 4)
            _layout.AddRange([0, 0, 0, 0]);
        _layout[kind * 4] = (byte)(info.Length * 4);
        return Add(name, (BtfKind)kind, 0, 0, info);
    }

    /// <summary>The id that the next record will get.</summary>
    public uint Next => _count + 1;

    public BtfSpec Build(int pointerSize = 8)
    {
        uint header = _layout.Count == 0 ? 24u : 32u;
        var data = new byte[header + _types.Count + _layout.Count + _names.Count];
        uint[] words = [0x0001EB9F, header, 0, (uint)_types.Count, (uint)(_types.Count + _layout.Count), (uint)_names.Count, (uint)_types.Count, (uint)_layout.Count];
        for (int i = 0; i < header / 4; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(i * 4), words[i]);
        _types.CopyTo(data, (int)header);
        _layout.CopyTo(data, (int)header + _types.Count);
        _names.CopyTo(data, (int)header + _types.Count + _layout.Count);
        return BtfSpec.Parse(data, new BtfReadOptions { PointerSize = pointerSize });
    }

    private uint Add(string name, BtfKind kind, uint vlen, uint sizeOrType, params uint[] tail) => Add(name, kind, vlen, sizeOrType, false, tail);

    private uint Add(string name, BtfKind kind, uint vlen, uint sizeOrType, bool flag, params uint[] tail)
    {
        var word = new byte[4];
        foreach (uint value in (uint[])[Name(name), vlen | ((uint)kind << 24) | (flag ? 1u << 31 : 0), sizeOrType, .. tail])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(word, value);
            _types.AddRange(word);
        }

        return ++_count;
    }

    private uint Name(string name)
    {
        if (name.Length == 0)
            return 0;
        uint offset = (uint)_names.Count;
        _names.AddRange(Encoding.UTF8.GetBytes(name));
        _names.Add(0);
        return offset;
    }
}
