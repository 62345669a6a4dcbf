using System.Globalization;
using System.Text;

namespace P3Ebpf.Btf;

/// <summary>
/// The names of types in one C file. C keeps tags apart from typedefs and enumerators; within each of the two name spaces, whoever
/// is mentioned first keeps the name and later ones get <c>___2</c>, <c>___3</c>… as with bpftool.
/// </summary>
internal sealed class BtfCNames
{
    private static readonly HashSet<BtfString> Keywords = MakeKeywords();

    private readonly Dictionary<uint, Tag> _tagsById = [];
    private readonly Dictionary<BtfString, Tag> _tags = [];
    private readonly Dictionary<uint, BtfString> _typedefs = [];
    private readonly Dictionary<BtfString, int> _ordinary = [];

    /// <summary>A struct's, union's or enumeration's name in the file.</summary>
    public sealed class Tag(BtfString name, BtfKind kind)
    {
        public BtfString Name { get; } = name;

        /// <summary>Struct, Union or Enum.</summary>
        public BtfKind Kind { get; } = kind;

        /// <summary>Whether a type with a body owns the name, rather than forward declarations alone.</summary>
        public bool HasOwner { get; set; }

        /// <summary>Whether the file has mentioned it already.</summary>
        public bool IsDeclared { get; set; }

        /// <summary>How many others wanted the name.</summary>
        public int Rivals { get; set; }
    }

    public static ReadOnlySpan<byte> Keyword(BtfType type) => TagKind(type) switch
    {
        BtfKind.Struct => "struct"u8,
        BtfKind.Union => "union"u8,
        _ => "enum"u8,
    };

    /// <summary>The tag of a named struct, union, enumeration or forward declaration.</summary>
    public Tag TagOf(BtfType type)
    {
        if (_tagsById.TryGetValue(type.Id.Value, out Tag? tag))
            return tag;
        BtfKind kind = TagKind(type);
        bool hasBody = type.Kind != BtfKind.Fwd && !(type.IsAnyEnum && type.Vlen == 0);
        BtfString name = Identifier(type.Name);
        tag = _tags.TryGetValue(name, out Tag? first) ? Share(first, kind, hasBody) : AddTag(name, kind);
        tag.HasOwner |= hasBody;
        _tagsById.Add(type.Id.Value, tag);
        return tag;
    }

    /// <summary>The name of a typedef.</summary>
    public BtfString TypedefOf(BtfType type)
    {
        if (!_typedefs.TryGetValue(type.Id.Value, out BtfString name))
        {
            name = Claim(type.Name);
            _typedefs.Add(type.Id.Value, name);
        }

        return name;
    }

    /// <summary>A new name among typedefs and enumerators.</summary>
    public BtfString Claim(BtfString wanted)
    {
        BtfString name = Identifier(wanted);
        if (!_ordinary.TryGetValue(name, out int rivals))
        {
            _ordinary.Add(name, 1);
            return name;
        }

        BtfString other;
        do
            other = Numbered(name, ++rivals);
        while (_ordinary.ContainsKey(other));
        _ordinary[name] = rivals;
        _ordinary.Add(other, 1);
        return other;
    }

    /// <summary>The name, if it is a C identifier; otherwise one made from it. Rust's types have names that C cannot spell.</summary>
    public static BtfString Identifier(BtfString name)
    {
        ReadOnlySpan<byte> bytes = name.Bytes;
        if (bytes.IsEmpty)
            return name;
        bool isPlain = bytes[0] is < (byte)'0' or > (byte)'9';
        bool isLower = true;
        foreach (byte value in bytes)
        {
            isPlain &= IsIdentifierByte(value);
            isLower &= value is (>= (byte)'a' and <= (byte)'z') or (byte)'_';
        }

        if (isPlain && !(isLower && bytes.Length <= 13 && Keywords.Contains(name)))
            return name;

        var made = new byte[bytes.Length + 1];
        for (int i = 0; i < bytes.Length; i++)
            made[i + 1] = IsIdentifierByte(bytes[i]) ? bytes[i] : (byte)'_';
        made[0] = (byte)'_';
        bool needsPrefix = isPlain || bytes[0] is >= (byte)'0' and <= (byte)'9';
        return needsPrefix ? new BtfString(new BtfBlock(made, 0, made.Length)) : new BtfString(new BtfBlock(made, 1, bytes.Length));
    }

    private static bool IsIdentifierByte(byte value) =>
        value is (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9') or (byte)'_';

    private static BtfKind TagKind(BtfType type) => type.Kind switch
    {
        BtfKind.Fwd => type.ForwardKind,
        BtfKind.Enum64 => BtfKind.Enum,
        var kind => kind,
    };

    /// <summary>A forward declaration means the type of its name and keyword; a second body needs a name of its own.</summary>
    private Tag Share(Tag first, BtfKind kind, bool hasBody)
    {
        if (first.Kind == kind && !(hasBody && first.HasOwner))
            return first;
        first.Rivals = Math.Max(first.Rivals, 1);
        BtfString name;
        do
            name = Numbered(first.Name, ++first.Rivals);
        while (_tags.ContainsKey(name));
        return AddTag(name, kind);
    }

    private Tag AddTag(BtfString name, BtfKind kind)
    {
        var tag = new Tag(name, kind);
        _tags.Add(name, tag);
        return tag;
    }

    private static BtfString Numbered(BtfString name, int number)
    {
        byte[] bytes = [.. name.Bytes, .. "___"u8, .. Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture))];
        return new BtfString(new BtfBlock(bytes, 0, bytes.Length));
    }

    private static HashSet<BtfString> MakeKeywords()
    {
        const string Words = "asm auto break case char const continue default do double else enum extern float for goto if inline int long "
            + "register restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile while "
            + "__asm __attribute __const __inline __restrict __signed __typeof __volatile";
        var keywords = new HashSet<BtfString>();
        foreach (string word in Words.Split(' '))
            _ = keywords.Add(word);

        return keywords;
    }
}
