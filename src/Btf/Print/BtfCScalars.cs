namespace P3Ebpf.Btf;

/// <summary>C's names for integers and floats.</summary>
/// <remarks>
/// A name that C does not know (Arm's <c>__Poly8_t</c>, Rust's <c>u32</c>), or knows with another size (Rust's <c>char</c>), is
/// replaced by the standard type of the same size.
/// </remarks>
internal sealed class BtfCScalars
{
    private readonly Dictionary<uint, byte[]> _byId = [];
    private readonly Dictionary<string, uint> _standard;
    private readonly bool _hasInt128;

    public BtfCScalars(int pointerSize)
    {
        // Compilers offer 128-bit integers on 64-bit machines only.
        _hasInt128 = pointerSize == 8;
        _standard = new Dictionary<string, uint>
        {
            ["_Bool"] = 1, ["char"] = 1, ["signed char"] = 1, ["unsigned char"] = 1,
            ["short"] = 2, ["short int"] = 2, ["short unsigned int"] = 2, ["unsigned short"] = 2,
            ["int"] = 4, ["unsigned int"] = 4,
            ["long long"] = 8, ["long long int"] = 8, ["long long unsigned int"] = 8, ["unsigned long long"] = 8,
            ["float"] = 4, ["double"] = 8,
        };
        foreach (string name in (string[])["long", "long int", "long unsigned int", "unsigned long"])
            _standard[name] = (uint)pointerSize;
    }

    public ReadOnlySpan<byte> NameOf(BtfType type)
    {
        if (!_byId.TryGetValue(type.Id.Value, out byte[]? name))
        {
            name = Find(type);
            _byId.Add(type.Id.Value, name);
        }

        return name;
    }

    private byte[] Find(BtfType type)
    {
        bool isStandard = _standard.TryGetValue(type.Name.ToString(), out uint size) && size == type.Size;
        if (isStandard && type.Name.Bytes[0] is (byte)'f' or (byte)'d' == (type.Kind == BtfKind.Float))
            return type.Name.Bytes.ToArray();
        return (type.Kind == BtfKind.Float ? FloatOf(type.Size) : IntOf(type)).ToArray();
    }

    // Half floats have no name that all targets know.
    private static ReadOnlySpan<byte> FloatOf(uint size) => size switch
    {
        2 => "unsigned short"u8,
        4 => "float"u8,
        8 => "double"u8,
        _ => "long double"u8,
    };

    private ReadOnlySpan<byte> IntOf(BtfType type) => (type.Size, type.Int.IsSigned) switch
    {
        (0, _) => "struct {}"u8,
        (1, _) when type.Int.Encoding == BtfIntEncoding.Bool => "_Bool"u8,
        (2, false) => "unsigned short"u8,
        (2, true) => "short"u8,
        (4, false) => "unsigned int"u8,
        (4, true) => "int"u8,
        (8, false) => "unsigned long long"u8,
        (8, true) => "long long"u8,
        (16, _) when !_hasInt128 => "struct { unsigned int words[4]; }"u8,
        (16, false) => "unsigned __int128"u8,
        (16, true) => "__int128"u8,
        (_, true) => "signed char"u8,
        _ => "unsigned char"u8,
    };
}
