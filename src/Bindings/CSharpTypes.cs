using System.Globalization;

namespace P3Ebpf.Bindings;

/// <summary>What C# calls a type of BTF; structs, unions and enumerations are declared when first asked for, arrays as well.</summary>
internal sealed class CSharpTypes
{
    /// <summary>Real structs nest less than twenty deep.</summary>
    private const int MaxNesting = 64;

    private readonly Dictionary<uint, CSharpType?> _known = [];
    private readonly List<ICSharpDeclaration> _declarations = [];
    private readonly CSharpNames _names;
    private readonly CSharpArrays _arrays;
    private int _nesting;

    /// <param name="btf">The types of the object.</param>
    /// <param name="isLittleEndian">The byte order of the programs, which decides where bitfields lie.</param>
    /// <param name="names">The declaration space that the types share with others.</param>
    public CSharpTypes(BtfSpec btf, bool isLittleEndian, CSharpNames names)
    {
        Btf = btf;
        IsLittleEndian = isLittleEndian;
        _names = names;
        _arrays = new CSharpArrays(names);
    }

    public BtfSpec Btf { get; }

    public bool IsLittleEndian { get; }

    /// <summary>The types declared so far, those that others hold first.</summary>
    public IReadOnlyList<ICSharpDeclaration> Declarations => _declarations;

    /// <summary>The type.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="context">What to call it where it has no name of its own: what holds it, and the member.</param>
    /// <returns><see langword="null"/> where C# cannot have it: it has no size, or an immense one.</returns>
    /// <exception cref="BtfFormatException">The type contains itself.</exception>
    public CSharpType? Of(BtfTypeId id, string context)
    {
        string name = string.Empty;
        BtfType type = Btf[id];
        _ = Btf.ResolveModifiers(id);
        for (; type.IsModifierOrTypedef; type = type.Target)
        {
            if (type.Kind == BtfKind.Typedef)
                name = type.Name.ToString();
        }

        switch (type.Kind)
        {
            case BtfKind.Ptr:
                return Scalar((uint)Btf.PointerSize, isSigned: false);
            case BtfKind.Int:
                return OfInteger(type);
            case BtfKind.Float:
                return OfFloat(type.Size);
            case BtfKind.Array:
                return OfArray(type.Array, context);
            case BtfKind.Enum or BtfKind.Enum64 or BtfKind.Struct or BtfKind.Union:
                return Declared(type, type.Name.IsEmpty ? (name.Length == 0 ? context : name) : type.Name.ToString());
            default:
                return null;
        }
    }

    /// <summary>So many bytes of which nothing is known, as of a map that was defined by sizes.</summary>
    public CSharpType? OfSize(int size) => size is 1 or 2 or 4 or 8 ? Scalar((uint)size, isSigned: false) : _arrays.Of(new CSharpType("byte", 1, 1), (uint)Math.Max(0, size));

    public void Write(CSharpWriter writer)
    {
        foreach (ICSharpDeclaration declaration in _declarations)
            declaration.Write(writer);
        _arrays.Write(writer);
    }

    /// <summary>The keyword of an integer; <see langword="null"/> where there is none of this size.</summary>
    public static string? Integer(uint size, bool isSigned) => (size, isSigned) switch
    {
        (1, true) => "sbyte",
        (1, false) => "byte",
        (2, true) => "short",
        (2, false) => "ushort",
        (4, true) => "int",
        (4, false) => "uint",
        (8, true) => "long",
        (8, false) => "ulong",
        (16, true) => "Int128",
        (16, false) => "UInt128",
        _ => null,
    };

    /// <summary>A type as C writes it.</summary>
    public static string TextOf(BtfType type) => BtfTypeNames.TypeName(type.Spec, type.Id);

    public static string Bytes(uint count) => count == 1 ? "1 byte" : $"{count.ToString(CultureInfo.InvariantCulture)} bytes";

    private static CSharpType? Scalar(uint size, bool isSigned) => Integer(size, isSigned) is { } name ? new CSharpType(name, size, (int)size) : null;

    private CSharpType? OfInteger(BtfType type)
    {
        bool isBool = (type.Int.Encoding & BtfIntEncoding.Bool) != 0 && type.Size == 1;
        return isBool ? new CSharpType("bool", 1, 1) : Scalar(type.Size, type.Int.IsSigned && !IsChar(type)) ?? OfSize((int)Math.Min(type.Size, int.MaxValue));
    }

    private CSharpType? OfFloat(uint size) => size switch
    {
        2 => new CSharpType("Half", size, 2),
        4 => new CSharpType("float", size, 4),
        8 => new CSharpType("double", size, 8),
        _ => OfSize((int)Math.Min(size, int.MaxValue)),
    };

    private CSharpType? OfArray(BtfArray array, string context)
    {
        if (IsChar(Btf.ResolveModifiers(array.ElementTypeId)))
            return _arrays.OfText(array.Length);
        return Of(array.ElementTypeId, context) is { } element ? _arrays.Of(element, array.Length) : null;
    }

    /// <summary>Plain <c>char</c> holds text, whatever its sign is said to be; <c>signed char</c> and <c>unsigned char</c> hold numbers.</summary>
    private static bool IsChar(BtfType type) => type.Kind == BtfKind.Int && type.Size == 1 && type.Name.Equals("char"u8);

    private CSharpType? Declared(BtfType type, string cName)
    {
        if (_known.TryGetValue(type.Id.Value, out CSharpType? known))
            return known ?? (_nesting == 0 || !IsOpen(type) ? null : throw Circular(type));
        if (type.Size == 0 || (type.IsAnyEnum && Integer(type.Size, false) is null or "UInt128"))
            return _known[type.Id.Value] = null;
        if (++_nesting > MaxNesting)
            throw Circular(type);

        string name = _names.Claim(cName, type.Kind switch { BtfKind.Struct => "Struct", BtfKind.Union => "Union", _ => "Enum" });
        if (type.IsAnyEnum)
        {
            _declarations.Add(new CSharpEnum(type, name));
            _known[type.Id.Value] = new CSharpType(name, type.Size, (int)type.Size);
        }
        else
        {
            _known[type.Id.Value] = null;
            _ = _open.Add(type.Id.Value);
            var declaration = new CSharpStruct(this, type, name);
            _ = _open.Remove(type.Id.Value);
            _declarations.Add(declaration);
            _known[type.Id.Value] = new CSharpType(name, type.Size, declaration.Alignment);
        }

        _nesting--;
        return _known[type.Id.Value];
    }

    private readonly HashSet<uint> _open = [];

    private bool IsOpen(BtfType type) => _open.Contains(type.Id.Value);

    private static BtfFormatException Circular(BtfType type) =>
        new(BtfErrorCode.TooDeep, $"{type} contains itself, or nests too deep", type.Offset, type.Id, type.Spec.Source);
}

/// <summary>A type in C#.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Alignment">Bytes that the runtime would have its place be a multiple of.</param>
internal sealed record CSharpType(string Name, uint Size, int Alignment);

/// <summary>A type that is declared.</summary>
internal interface ICSharpDeclaration
{
    string Name { get; }

    BtfType Type { get; }

    void Write(CSharpWriter writer);
}
