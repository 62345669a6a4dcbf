using System.Globalization;

namespace P3Ebpf.Bindings;

/// <summary>
/// A struct or union in C#: every member at the place that C gives it, those of unnamed structs and unions as members of their own, bitfields as
/// properties over the integers that hold them.
/// </summary>
internal sealed class CSharpStruct : ICSharpDeclaration
{
    private readonly CSharpTypes _types;
    private readonly CSharpNames _names;
    private readonly List<CSharpField> _fields = [];
    private readonly List<CSharpBitfield> _bitfields = [];
    private readonly SortedDictionary<(uint Offset, uint Size), string> _units = [];
    private readonly List<BtfMember> _leftOut = [];

    public CSharpStruct(CSharpTypes types, BtfType type, string name)
    {
        _types = types;
        _names = new CSharpNames([name, .. CSharpNames.OfObject]);
        Type = type;
        Name = name;
        int natural = 1;
        foreach (BtfMember member in BtfNamedMembers.Of(type))
        {
            CSharpType? own = types.Of(member.TypeId, $"{name}_{member.Name}");
            if (own is null || !(member.BitfieldSize == 0 ? TryAddField(member, own) : TryAddBitfield(member, own)))
                _leftOut.Add(member);
            else if (member.BitfieldSize == 0)
                natural = Math.Max(natural, own.Alignment);
        }

        foreach ((uint _, uint size) in _units.Keys)
            natural = Math.Max(natural, (int)size);

        // The runtime would round the size of a packed struct up.
        bool isPacked = type.Size % natural != 0 || _fields.Any(field => field.Offset % field.Type.Alignment != 0);
        Pack = isPacked ? 1 : 0;
        Alignment = isPacked ? 1 : natural;
    }

    public string Name { get; }

    public BtfType Type { get; }

    /// <summary>1 where the runtime must not align; otherwise 0, its own choice.</summary>
    public int Pack { get; }

    public int Alignment { get; }

    public IReadOnlyList<CSharpField> Fields => _fields;

    public IReadOnlyList<CSharpBitfield> Bitfields => _bitfields;

    /// <summary>The members that C# cannot have: flexible arrays, what has no size, what lies across its neighbours as Rust allows.</summary>
    public IReadOnlyList<BtfMember> LeftOut => _leftOut;

    public void Write(CSharpWriter writer)
    {
        writer.Separate();
        writer.Summary($"{CSharpWriter.Code(CSharpTypes.TextOf(Type))}, {CSharpTypes.Bytes(Type.Size)}.");
        if (_leftOut.Count != 0)
        {
            IEnumerable<string> list = _leftOut.Select(member => $"{CSharpWriter.Code(Declaration(member))} at {(member.BitOffset / 8).ToString(CultureInfo.InvariantCulture)}");
            writer.Line($"/// <remarks>Without {string.Join(", ", list)}.</remarks>");
        }

        writer.Line($"[StructLayout(LayoutKind.Explicit, {(Pack == 0 ? string.Empty : "Pack = 1, ")}Size = {Type.Size})]");
        writer.Open($"public struct {Name}");
        foreach (((uint offset, uint size), string name) in _units)
            writer.Line($"[FieldOffset({offset})] private {CSharpTypes.Integer(size, isSigned: false)} {name};");
        foreach (CSharpField field in _fields)
            writer.Member(CSharpWriter.Code(Declaration(field.Member)), $"[FieldOffset({field.Offset})] public {field.Type.Name} {field.Name};");
        foreach (CSharpBitfield bitfield in _bitfields)
            bitfield.Write(writer, $"{Declaration(bitfield.Member)} : {bitfield.Member.BitfieldSize}");
        writer.Close();
    }

    private string Declaration(BtfMember member) => BtfTypeNames.Declaration(_types.Btf, member.TypeId, member.Name);

    private bool TryAddField(BtfMember member, CSharpType type)
    {
        if (member.BitOffset % 8 != 0 || (ulong)member.BitOffset + (8UL * type.Size) > 8UL * Type.Size)
            return false;
        _fields.Add(new CSharpField(_names.Claim(member.Name.ToString()), type, member.BitOffset / 8, member));
        return true;
    }

    private bool TryAddBitfield(BtfMember member, CSharpType type)
    {
        BtfType declared = _types.Btf.ResolveModifiers(member.TypeId);
        if (!(declared.Kind == BtfKind.Int || declared.IsAnyEnum) || !TryFindUnit(member, type.Size, out uint offset, out uint size))
            return false;
        if (!_units.TryGetValue((offset, size), out string? unit))
            _units.Add((offset, size), unit = size == 1 ? $"_byte{offset}" : $"_bytes{offset}To{offset + size - 1}");
        int at = (int)(member.BitOffset - (8 * offset));
        int shift = _types.IsLittleEndian ? at : (8 * (int)size) - at - (int)member.BitfieldSize;
        bool isSigned = declared.IsAnyEnum ? declared.KindFlag : declared.Int.IsSigned;
        _bitfields.Add(new CSharpBitfield(_names.Claim(member.Name.ToString()), type.Name, unit, (int)size, shift, isSigned, member));
        return true;
    }

    /// <summary>
    /// The integer that holds a bitfield: one of the declared type where that lies in its natural place, otherwise, as in a packed struct, the
    /// smallest that spans the bits.
    /// </summary>
    private bool TryFindUnit(BtfMember member, uint declared, out uint offset, out uint size)
    {
        uint first = member.BitOffset;
        ulong end = (ulong)first + member.BitfieldSize;
        foreach (uint candidate in (uint[])[declared, 1, 2, 4, 8])
        {
            size = candidate;
            if (size > 8 || size > Type.Size)
                continue;
            offset = first / (8 * size) * size;
            if (end <= 8UL * (offset + size) && offset + size <= Type.Size)
                return true;
            offset = Math.Min(first / 8, Type.Size - size);
            if (candidate != declared && end <= 8UL * (offset + size))
                return true;
        }

        offset = size = 0;
        return false;
    }
}

/// <summary>A member that is a field.</summary>
/// <param name="Name">Its name in C#.</param>
/// <param name="Type">Its type.</param>
/// <param name="Offset">Bytes from the start of the struct.</param>
/// <param name="Member">What BTF says of it, with its offset from the outermost struct.</param>
internal sealed record CSharpField(string Name, CSharpType Type, uint Offset, BtfMember Member);

/// <summary>A member that is a bitfield, and a property in C#.</summary>
/// <param name="Name">Its name in C#.</param>
/// <param name="Type">Its type.</param>
/// <param name="Unit">The field that holds it.</param>
/// <param name="UnitSize">Bytes of that field.</param>
/// <param name="Shift">How many less significant bits that field has.</param>
/// <param name="IsSigned">Whether its first bit is a sign.</param>
/// <param name="Member">What BTF says of it.</param>
internal sealed record CSharpBitfield(string Name, string Type, string Unit, int UnitSize, int Shift, bool IsSigned, BtfMember Member)
{
    public void Write(CSharpWriter writer, string declaration)
    {
        int width = (int)Member.BitfieldSize;
        (string wide, string signed, int bits, string suffix) = UnitSize == 8 ? ("ulong", "long", 64, "UL") : ("uint", "int", 32, "U");
        string mask = $"0x{(width == 64 ? ulong.MaxValue : (1UL << width) - 1).ToString("X", CultureInfo.InvariantCulture)}{suffix}";
        string unsigned = $"(({wide}){Unit} >> {Shift}) & {mask}";
        string get = Type == "bool" ? $"({unsigned}) != 0"
            : IsSigned ? $"unchecked(({Type})(({signed})(({wide}){Unit} << {bits - Shift - width}) >> {bits - width}))"
            : $"unchecked(({Type})({unsigned}))";
        string value = Type == "bool" ? $"(value ? 1{suffix} : 0{suffix})" : $"({wide})value";
        string cleared = $"({wide}){Unit} & ~({mask} << {Shift})";
        writer.Separate();
        writer.Summary(CSharpWriter.Code(declaration));
        writer.Open($"public {Type} {Name}");
        writer.Line($"readonly get => {get};");
        writer.Line($"set => {Unit} = unchecked(({CSharpTypes.Integer((uint)UnitSize, isSigned: false)})(({cleared}) | (({value} & {mask}) << {Shift})));");
        writer.Close();
    }
}
