using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Btf.Tests.Check;

/// <summary>Puts BTF together word by word, so that a test can get anything wrong.</summary>
internal sealed class BtfBytes
{
    private readonly List<uint> _types = [];
    private readonly List<byte> _strings = [0];
    private readonly uint _firstId;
    private readonly uint _stringBase;
    private uint _count;

    public BtfBytes(BtfSpec? baseSpec = null)
    {
        _firstId = baseSpec?.TypeCount ?? 1;
        _stringBase = baseSpec is null ? 0 : baseSpec.Header.StringLength;
        if (baseSpec is not null)
            _strings.Clear();
    }

    public bool IsBigEndian { get; set; }

    public byte Version { get; set; } = 1;

    public byte Flags { get; set; }

    public uint HeaderLength { get; set; } = 24;

    /// <summary>What the header holds after its 24 bytes.</summary>
    public uint[] HeaderRest { get; set; } = [];

    public int GapBeforeTypes { get; set; }

    public int GapBeforeStrings { get; set; }

    /// <summary>One word for each kind: info size, element size, flags.</summary>
    public (byte InfoSize, byte ElementSize)[] Layout { get; set; } = [];

    public byte[] Trailing { get; set; } = [];

    public uint Name(string name)
    {
        if (name.Length == 0)
            return 0;
        uint offset = _stringBase + (uint)_strings.Count;
        _strings.AddRange(Encoding.UTF8.GetBytes(name));
        _strings.Add(0);
        return offset;
    }

    public uint Add(BtfKind kind, string name, uint sizeOrType, uint vlen = 0, bool flag = false, params uint[] tail) =>
        AddRaw([Name(name), ((uint)kind << 24) | vlen | (flag ? 1u << 31 : 0), sizeOrType, .. tail]);

    public uint AddRaw(params uint[] words)
    {
        _types.AddRange(words);
        return _firstId + _count++;
    }

    public uint Int(string name = "int", uint size = 4, uint details = 0x01000020) => Add(BtfKind.Int, name, size, tail: details);

    public uint Struct(string name, uint size, params (string Name, uint Type, uint Offset)[] members) =>
        Add(BtfKind.Struct, name, size, (uint)members.Length, tail: [.. members.SelectMany(m => new[] { Name(m.Name), m.Type, m.Offset })]);

    public uint FuncProto(uint returns, params (string Name, uint Type)[] parameters) =>
        Add(BtfKind.FuncProto, "", returns, (uint)parameters.Length, tail: [.. parameters.SelectMany(p => new[] { Name(p.Name), p.Type })]);

    public byte[] Build()
    {
        uint typeLength = (uint)_types.Count * 4;
        uint layoutLength = (uint)Layout.Length * 4;
        uint stringOffset = (uint)GapBeforeTypes + typeLength + layoutLength + (uint)GapBeforeStrings;
        var bytes = new List<byte>();
        bytes.AddRange(IsBigEndian ? [0xEB, 0x9F] : [0x9F, 0xEB]);
        bytes.AddRange([Version, Flags]);
        if (layoutLength != 0)
        {
            HeaderLength = 32;
            HeaderRest = [(uint)GapBeforeTypes + typeLength, layoutLength];
        }

        foreach (uint word in (uint[])[HeaderLength, (uint)GapBeforeTypes, typeLength, stringOffset, (uint)_strings.Count, .. HeaderRest])
            Append(bytes, word);
        bytes.AddRange(new byte[GapBeforeTypes]);
        foreach (uint word in _types)
            Append(bytes, word);
        foreach ((byte infoSize, byte elementSize) in Layout)
            bytes.AddRange([infoSize, elementSize, 0, 0]);
        bytes.AddRange(new byte[GapBeforeStrings]);
        bytes.AddRange(_strings);
        bytes.AddRange(Trailing);
        return [.. bytes];
    }

    /// <summary>All kinds, none of them at fault. Id 1 is <c>int</c>, 2 a struct, 3 its FUNC_PROTO, 4 a VAR, 5 a FWD.</summary>
    public static BtfBytes Sample()
    {
        var btf = new BtfBytes();
        uint number = btf.Int();
        uint point = btf.Struct("point", 8, ("x", number, 0), ("y", number, 32));
        uint prototype = btf.FuncProto(number, ("a", number));
        uint variable = btf.Add(BtfKind.Var, "counter", number, tail: 1);
        _ = btf.Add(BtfKind.Fwd, "hidden", 0);
        _ = btf.Add(BtfKind.Ptr, "", point);
        _ = btf.Add(BtfKind.Array, "", 0, tail: [number, number, 4]);
        _ = btf.Add(BtfKind.Union, "either", 4, 1, tail: [btf.Name("u"), number, 0]);
        _ = btf.Add(BtfKind.Enum, "colour", 4, 1, tail: [btf.Name("RED"), 7]);
        uint alias = btf.Add(BtfKind.Typedef, "number_t", number);
        uint tag = btf.Add(BtfKind.TypeTag, "user", btf.Add(BtfKind.Const, "", alias));
        _ = btf.Add(BtfKind.Ptr, "", tag);
        _ = btf.Add(BtfKind.Volatile, "", number);
        _ = btf.Add(BtfKind.Restrict, "", number);
        uint function = btf.Add(BtfKind.Func, "work", prototype, 1);
        _ = btf.Add(BtfKind.DataSec, ".bss", 4, 1, tail: [variable, 0, 4]);
        _ = btf.Add(BtfKind.Float, "double", 8);
        _ = btf.Add(BtfKind.DeclTag, "fast", function, tail: 0);
        _ = btf.Add(BtfKind.DeclTag, "whole", point, tail: uint.MaxValue);
        _ = btf.Add(BtfKind.Enum64, "big", 8, 1, tail: [btf.Name("HUGE_VALUE"), 0, 1]);
        return btf;
    }

    private void Append(List<byte> bytes, uint word)
    {
        Span<byte> four = stackalloc byte[4];
        if (IsBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(four, word);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(four, word);
        bytes.AddRange(four);
    }
}
