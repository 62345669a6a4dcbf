using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Btf.Tests.Check;

/// <summary>One file for each rule of the format, broken in that one respect.</summary>
internal static class DamagedBtf
{
    private const uint Int = 1;
    private const uint Struct = 2;
    private const uint Prototype = 3;
    private const uint Variable = 4;
    private const uint Forward = 5;

    /// <summary>The id after those of <see cref="BtfBytes.Sample"/>.</summary>
    private const uint Next = 22;

    /// <summary>By name: the file, the finding it must yield, and the verdict.</summary>
    public static IReadOnlyDictionary<string, (Func<bool, byte[]> Build, string Code, BtfVerdict Verdict)> All { get; } = Cases();

    private static Dictionary<string, (Func<bool, byte[]> Build, string Code, BtfVerdict Verdict)> Cases()
    {
        var cases = new Dictionary<string, (Func<bool, byte[]> Build, string Code, BtfVerdict Verdict)>();

        // What libbpf and the reader accept, and a kernel or older reader does not.
        Kernel("version 2", "version", btf => btf.Version = 2);
        Kernel("flags", "flags", btf => btf.Flags = 1);
        Kernel("data in a longer header", "header-trailer", btf => (btf.HeaderLength, btf.HeaderRest) = (40, [0, 0, 1, 0]));
        Kernel("gap before the types", "section-gap", btf => btf.GapBeforeTypes = 4);
        Kernel("gap before the strings", "section-gap", btf => btf.GapBeforeStrings = 3);
        Kernel("trailing bytes", "trailing", btf => btf.Trailing = [1, 2, 3]);
        Kernel("another BTF behind", "concatenated", btf => btf.Trailing = BtfBytes.Sample().Build());
        Kernel("layout section", "layout-odd", btf => btf.Layout = Layout());
        Kernel("layout that contradicts a kind", "layout-odd", btf => (btf.Layout = Layout())[1] = (8, 0));
        Kernel("opaque kind", "opaque-kind", btf =>
        {
            btf.Layout = [.. Layout(), (4, 8)];
            _ = btf.Add((BtfKind)20, "novelty", 0, 2, tail: [1, 2, 3, 4, 5]);
        });
        Kernel("more elements than 65535", "old-encoding-overflow", btf => btf.Add(
            BtfKind.FuncProto, "", Int, 70000, tail: [.. Enumerable.Repeat(new[] { 0u, Int }, 70000).SelectMany(pair => pair)]));
        Kernel("control characters in the strings", "str-odd", btf => btf.Name("a\u0001b"));
        Kernel("zeros in the strings", "zero-run", btf => btf.Name(new string('\0', 100)));
        Kernel("ones in the strings", "ones-run", _ => { }, patch: (bytes, _) => bytes.AsSpan(bytes.Length - 30, 20).Fill(0xFF));
        Kernel("kind_flag of an integer", "kind-flag", btf => btf.Add(BtfKind.Int, "odd", 4, flag: true, tail: 32));
        Kernel("vlen of a pointer", "vlen-unexpected", btf => btf.Add(BtfKind.Ptr, "", Int, 1));
        Kernel("typedef without a name", "name-missing", btf => btf.Add(BtfKind.Typedef, "", Int));
        Kernel("enumerator without a name", "name-missing", btf => btf.Add(BtfKind.Enum, "e", 4, 1, tail: [0, 1]));
        Kernel("type tag without a value", "name-missing", btf => btf.Add(BtfKind.TypeTag, "", Int));
        Kernel("section without a name", "name-missing", btf => btf.Add(BtfKind.DataSec, "", 4));
        Kernel("pointer with a name", "name-unexpected", btf => btf.Add(BtfKind.Ptr, "p", Int));
        Kernel("struct name with a space", "name-invalid", btf => btf.Struct("two words", 0));
        Kernel("function name that begins with a digit", "name-invalid", btf => btf.Add(BtfKind.Func, "1st", Prototype));
        Kernel("member name with a sign", "name-invalid", btf => btf.Struct("s", 4, ("a-b", Int, 0)));
        Kernel("name of 600 characters", "name-invalid", btf => btf.Struct(new string('n', 600), 0));
        Kernel("section name that cannot be printed", "name-invalid", btf => btf.Add(BtfKind.DataSec, ".da\u007fta", 4));
        Kernel("integer, signed and bool", "int-encoding", btf => btf.Int("odd", 4, 0x05000020));
        Kernel("integer with unknown bits", "int-encoding", btf => btf.Int("odd", 4, 0x10000020));
        Kernel("integer of more bits than bytes", "int-bits", btf => btf.Int("odd", 4, 33));
        Kernel("integer of 129 bits", "int-bits", btf => btf.Int("odd", 17, 129));
        Kernel("array with a size", "array-size", btf => btf.Add(BtfKind.Array, "", 4, tail: [Int, Int, 1]));
        Kernel("array of void", "array-element", btf => btf.Add(BtfKind.Array, "", 0, tail: [0, Int, 1]));
        Kernel("array of forward declarations", "array-element", btf => btf.Add(BtfKind.Array, "", 0, tail: [Forward, Int, 1]));
        Kernel("array by void", "array-index", btf => btf.Add(BtfKind.Array, "", 0, tail: [Int, 0, 1]));
        Kernel("array by structs", "array-index", btf => btf.Add(BtfKind.Array, "", 0, tail: [Int, Struct, 1]));
        Kernel("array of 5 GiB", "array-overflow", btf => btf.Add(BtfKind.Array, "", 0, tail: [Int, Int, 5u << 28]));
        Kernel("member of void", "member-type", btf => btf.Struct("s", 4, ("a", 0, 0)));
        Kernel("member without a size", "member-type", btf => btf.Struct("s", 4, ("a", Forward, 0)));
        Kernel("members out of order", "member-order", btf => btf.Struct("s", 8, ("a", Int, 32), ("b", Int, 0)));
        Kernel("member behind the end", "member-range", btf => btf.Struct("s", 4, ("a", Int, 64)));
        Kernel("member across the end", "member-range", btf => btf.Struct("s", 4, ("a", Int, 8)));
        Kernel("bitfield of a struct", "bitfield-type", btf => btf.Add(BtfKind.Struct, "s", 8, 1, flag: true, tail: [btf.Name("a"), Struct, 3u << 24]));
        Kernel("bitfield wider than its type", "bitfield-type", btf => btf.Add(BtfKind.Struct, "s", 8, 1, flag: true, tail: [btf.Name("a"), Int, 33u << 24]));
        Kernel("union member at 8", "union-offset", btf => btf.Add(BtfKind.Union, "u", 8, 1, tail: [btf.Name("a"), Int, 8]));
        Kernel("enumeration of 3 bytes", "enum-size", btf => btf.Add(BtfKind.Enum, "e", 3));
        Kernel("forward declaration with a type", "fwd-type", btf => btf.Add(BtfKind.Fwd, "f", Int));
        Kernel("function with linkage 3", "func-linkage", btf => btf.Add(BtfKind.Func, "f", Prototype, 3));
        Kernel("function with a nameless argument", "func-arg", btf => btf.Add(BtfKind.Func, "f", btf.FuncProto(Int, ("", Int))));
        Kernel("void in the middle of parameters", "parameter", btf => btf.FuncProto(Int, ("", 0), ("b", Int)));
        Kernel("parameter without a size", "parameter", btf => btf.FuncProto(Int, ("a", Forward)));
        Kernel("return value without a size", "parameter", btf => btf.FuncProto(Forward));
        Kernel("extern variable", "var-linkage", btf => btf.Add(BtfKind.Var, "v", Int, tail: 2));
        Kernel("variable of void", "var-type", btf => btf.Add(BtfKind.Var, "v", 0, tail: 1));
        Kernel("variable without a size", "var-type", btf => btf.Add(BtfKind.Var, "v", Forward, tail: 1));
        Kernel("section of size 0", "datasec-size", btf => btf.Add(BtfKind.DataSec, ".data", 0));
        Kernel("variables that overlap", "datasec-order", btf => btf.Add(BtfKind.DataSec, ".data", 8, 2, tail: [Variable, 0, 4, Variable, 2, 4]));
        Kernel("variable behind the section", "datasec-range", btf => btf.Add(BtfKind.DataSec, ".data", 4, 1, tail: [Variable, 4, 4]));
        Kernel("no variable in a section", "datasec-var", btf => btf.Add(BtfKind.DataSec, ".data", 4, 1, tail: [Int, 0, 4]));
        Kernel("variable with too little room", "datasec-var", btf => btf.Add(BtfKind.DataSec, ".data", 4, 1, tail: [Variable, 0, 2]));
        Kernel("float of 3 bytes", "float-size", btf => btf.Add(BtfKind.Float, "f", 3));
        Kernel("float of no bytes in a struct", "float-size", btf => btf.Struct("s", 16, ("a", btf.Add(BtfKind.Float, "f", 0), 0)));
        Kernel("tag on an integer", "decl-tag-target", btf => btf.Add(BtfKind.DeclTag, "t", Int, tail: uint.MaxValue));
        Kernel("tag on member 2 of 2", "decl-tag-index", btf => btf.Add(BtfKind.DeclTag, "t", Struct, tail: 2));
        Kernel("tag on member -2", "decl-tag-index", btf => btf.Add(BtfKind.DeclTag, "t", Struct, tail: unchecked((uint)-2)));
        Kernel("tag on component 0 of a variable", "decl-tag-index", btf => btf.Add(BtfKind.DeclTag, "t", Variable, tail: 0));
        Kernel("type tag behind const", "type-tag-order", btf => btf.Add(BtfKind.Const, "", btf.Add(BtfKind.TypeTag, "t", Int)));
        Kernel("float off its alignment", "member-align", btf => btf.Struct("s", 16, ("a", btf.Add(BtfKind.Float, "double", 8), 32)));
        Kernel("pointer to a function", "ref-target", btf => btf.Add(BtfKind.Ptr, "", btf.Add(BtfKind.Func, "f", Prototype)));
        Kernel("pointer to a variable", "ref-target", btf => btf.Add(BtfKind.Ptr, "", Variable));
        Kernel("struct that contains itself", "cycle", btf => btf.Struct("s", 8, ("a", Next, 0)));
        Kernel("typedefs in a circle", "cycle", btf =>
        {
            _ = btf.Add(BtfKind.Typedef, "a", Next + 1);
            _ = btf.Add(BtfKind.Typedef, "b", Next);
        });
        Kernel("pointers in a circle", "cycle", btf =>
        {
            _ = btf.Add(BtfKind.Ptr, "", Next + 1);
            _ = btf.Add(BtfKind.Typedef, "b", Next);
        });
        Kernel("40 structs in each other", "too-deep", btf =>
        {
            for (uint i = 0; i < 40; i++)
                _ = btf.Struct("s", 4, ("a", i == 39 ? Int : Next + 1 + i, 0));
        });
        Kernel("40 qualifiers in a row", "too-deep", btf =>
        {
            for (uint i = 0; i < 40; i++)
                _ = btf.Add(BtfKind.Const, "", i == 39 ? Int : Next + 1 + i);
        });

        // What libbpf and the reader refuse.
        Refused("name outside the strings", "str-range", btf => btf.AddRaw(9999, 1u << 24, 4, 32));
        Refused("member name outside the strings", "str-range", btf => btf.AddRaw(0, (4u << 24) | 1, 4, 9999, Int, 0));
        Refused("enumerator name outside the strings", "str-range", btf => btf.AddRaw(0, (6u << 24) | 1, 4, 9999, 0));
        Refused("parameter name outside the strings", "str-range", btf => btf.AddRaw(0, (13u << 24) | 1, 0, 9999, Int));
        Refused("pointer to type 99", "id-range", btf => btf.Add(BtfKind.Ptr, "", 99));
        Refused("array of type 99", "id-range", btf => btf.Add(BtfKind.Array, "", 0, tail: [99, Int, 1]));
        Refused("member of type 99", "id-range", btf => btf.Struct("s", 4, ("a", 99, 0)));
        Refused("parameter of type 99", "id-range", btf => btf.FuncProto(Int, ("a", 99)));
        Refused("section of type 99", "id-range", btf => btf.Add(BtfKind.DataSec, ".data", 4, 1, tail: [99, 0, 4]));
        Refused("function of an integer", "func-proto", btf => btf.Add(BtfKind.Func, "f", Int));
        Refused("function of void", "func-proto", btf => btf.Add(BtfKind.Func, "f", 0));
        Refused("kind 0", "unknown-kind", btf => btf.AddRaw(0, 0, 0));
        Refused("kind 90", "unknown-kind", btf => btf.AddRaw(0, 90u << 24, 0));
        Add("kind 20", "unknown-kind", BtfVerdict.NeedsNewerReader, btf =>
        {
            _ = btf.Add((BtfKind)20, "novelty", 0);
            AddMore(btf);
        });
        Refused("record past the end", "type-truncated", btf => btf.AddRaw(0, (4u << 24) | 1000, 4));
        Refused("8 bytes left", "type-truncated", btf => btf.AddRaw(0, 2u << 24));
        Refused("layout of odd sizes", "layout-bad", btf =>
        {
            btf.Layout = [.. Layout(), (2, 2)];
            _ = btf.Add((BtfKind)20, "novelty", 0, 1, tail: 5);
        });
        Refused("types that start at 2", "header-range", btf => btf.GapBeforeTypes = 2);
        Refused("header of 20 bytes", "header-range", _ => { }, patch: (bytes, big) => Word(bytes, 4, 20, big));
        Refused("header longer than the file", "header-range", _ => { }, patch: (bytes, big) => Word(bytes, 4, 1 << 20, big));
        Refused("header in the other byte order", "mixed-byte-order", _ => { }, patch: (bytes, big) => Word(bytes, 4, 24, !big));
        Refused("types that reach into the strings", "header-range", _ => { }, patch: (bytes, big) => Word(bytes, 12, Word(bytes, 12, big) + 8, big));
        Refused("one byte short", "truncated", _ => { }, bytes => bytes[..^1]);
        Refused("cut in the types", "truncated", _ => { }, bytes => bytes[..200]);
        Refused("header alone", "truncated", _ => { }, bytes => bytes[..24]);
        Refused("header cut", "too-small", _ => { }, bytes => bytes[..20]);
        Refused("no strings", "split-needs-base", _ => { }, patch: (bytes, big) => Word(bytes, 20, 0, big), verdict: BtfVerdict.NeedsBase);
        Refused("strings that do not end with zero", "str-bad", _ => { }, bytes => [.. bytes[..^1], 1]);
        Refused("strings that do not begin with zero", "str-bad", _ => { }, patch: (bytes, big) => bytes[24 + Word(bytes, 16, big)] = 65);
        Refused("types zeroed", "zero-run", _ => { }, patch: (bytes, _) => bytes.AsSpan(100, 120).Clear());
        Refused("types overwritten with ones", "ones-run", _ => { }, patch: (bytes, _) => bytes.AsSpan(100, 120).Fill(0xFF));
        Refused("layout behind the strings", "layout-bad", btf => btf.Layout = Layout(), patch: (bytes, big) => Word(bytes, 24, 1 << 16, big));
        Refused("layout of 3 bytes", "layout-bad", btf => btf.Layout = Layout(), patch: (bytes, big) => Word(bytes, 28, 3, big));
        Refused("byte lost in the middle", "bytes-lost", Long, bytes => [.. bytes[..500], .. bytes[501..]]);
        Refused("byte added in the middle", "bytes-inserted", Long, bytes => [.. bytes[..500], 0, .. bytes[500..]]);
        Refused("bytes of pairs swapped", "pairs-swapped", _ => { }, SwapPairs);
        Refused("line feeds expanded", "crlf-expanded", Long, ExpandLineFeeds);
        Add(".BTF.ext", "btf-ext", BtfVerdict.NotBtf, _ => { }, (_, big) => Ext(big));

        // What is no BTF, or no longer.
        NotBtf("empty", "too-small", _ => []);
        NotBtf("one byte", "too-small", _ => [0x9F]);
        NotBtf("random", "bad-magic", _ => [1, 2, 3, 4]);
        NotBtf("ELF", "elf-file", _ => [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1]);
        NotBtf("gzip", "gzip-file", _ => [0x1F, 0x8B, 8, 0]);
        NotBtf("xz", "xz-file", _ => [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0]);
        NotBtf("zstd", "zstd-file", _ => [0x28, 0xB5, 0x2F, 0xFD, 4]);
        NotBtf("bzip2", "bzip2-file", _ => "BZh91AY"u8.ToArray());
        NotBtf("lz4", "lz4-file", _ => [4, 0x22, 0x4D, 0x18, 1]);
        NotBtf("deb", "archive-file", _ => "!<arch>\ndebian-binary"u8.ToArray());
        NotBtf("html", "html-page", _ => "\n<!DOCTYPE html><html>"u8.ToArray());
        NotBtf("LFS pointer", "lfs-pointer", _ => "version https://git-lfs.github.com/spec/v1\n"u8.ToArray());
        NotBtf("text", "text-file", _ => "[1] INT 'int' size=4\r\n"u8.ToArray());
        NotBtf("zeros", "zero-run", _ => new byte[100]);
        NotBtf("beginning lost", "zero-run", bytes => [.. new byte[64], .. bytes[64..]]);
        NotBtf("replacement characters", "utf8-reencoded", bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes)));
        Undone("Latin-1 as UTF-8", "utf8-reencoded", bytes => Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(bytes)));
        Undone("UTF-8 mark", "utf8-bom", bytes => [0xEF, 0xBB, 0xBF, .. bytes]);
        Undone("Latin-1 as UTF-16", "utf16-text", bytes => Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(bytes)));
        Undone("Latin-1 as UTF-16 with a mark", "utf16-text", bytes => [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Encoding.Latin1.GetString(bytes))]);
        Undone("base64", "base64-text", bytes => Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)));
        Undone("hexadecimal", "hex-text", bytes => Encoding.ASCII.GetBytes(Convert.ToHexString(bytes).ToLowerInvariant()));
        Undone("C array", "hex-text", bytes => Encoding.ASCII.GetBytes(string.Join(", ", bytes.Select(b => $"0x{b:x2}"))));
        Undone("BTF behind a header", "btf-inside", bytes => [.. "HEAD"u8, .. bytes]);
        return cases;

        void Add(string name, string code, BtfVerdict verdict, Action<BtfBytes> change, Func<byte[], bool, byte[]>? convert = null)
        {
            cases.Add(name, (big =>
            {
                BtfBytes btf = BtfBytes.Sample();
                btf.IsBigEndian = big;
                change(btf);
                byte[] bytes = btf.Build();
                return convert is null ? bytes : convert(bytes, big);
            }, code, verdict));
        }

        void Kernel(string name, string code, Action<BtfBytes> change, Func<byte[], byte[]>? convert = null, Action<byte[], bool>? patch = null) =>
            Add(name, code, BtfVerdict.Good, change, Both(convert, patch));

        void Refused(
            string name, string code, Action<BtfBytes> change, Func<byte[], byte[]>? convert = null, Action<byte[], bool>? patch = null, BtfVerdict verdict = BtfVerdict.Damaged) =>
            Add(name, code, verdict, change, Both(convert, patch));

        void NotBtf(string name, string code, Func<byte[], byte[]> convert) => Add(name, code, BtfVerdict.NotBtf, _ => { }, (bytes, _) => convert(bytes));

        void Undone(string name, string code, Func<byte[], byte[]> convert) => Add(name, code, BtfVerdict.Damaged, _ => { }, (bytes, _) => convert(bytes));
    }
    private static Func<byte[], bool, byte[]>? Both(Func<byte[], byte[]>? convert, Action<byte[], bool>? patch) => (bytes, big) =>
    {
        patch?.Invoke(bytes, big);
        return convert is null ? bytes : convert(bytes);
    };

    private static (byte InfoSize, byte ElementSize)[] Layout() =>
    [
        (0, 0), (4, 0), (0, 0), (12, 0), (0, 12), (0, 12), (0, 8), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 8), (4, 0), (0, 12), (0, 0), (4, 0), (0, 0),
        (0, 12),
    ];

    /// <summary>Enough sound types to find the way again after damage.</summary>
    private static void AddMore(BtfBytes btf)
    {
        for (int i = 0; i < 20; i++)
            _ = btf.Struct($"more_{i}", 8, ($"first_{i}", Int, 0), ($"second_{i}", Int, 32));
    }

    /// <summary>Line feeds (the 10 of a size, a name's offset) and names over a longer stretch.</summary>
    private static void Long(BtfBytes btf)
    {
        _ = btf.Struct("ten", 10, ("a", Int, 0));
        AddMore(btf);
    }

    private static byte[] ExpandLineFeeds(byte[] bytes) => [.. bytes.SelectMany(value => value == 10 ? new byte[] { 13, 10 } : [value])];

    private static byte[] SwapPairs(byte[] bytes)
    {
        byte[] swapped = [.. bytes, .. new byte[bytes.Length % 2]];
        for (int i = 0; i < swapped.Length; i += 2)
            (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
        return swapped;
    }

    private static byte[] Ext(bool big)
    {
        byte[] bytes = new byte[24 + 20 + 28];
        (bytes[0], bytes[1], bytes[2]) = big ? ((byte)0xEB, (byte)0x9F, (byte)1) : ((byte)0x9F, (byte)0xEB, (byte)1);
        uint[] words = [24, 0, 20, 20, 28, 8, 1, 1, 0, 3, 16, 1, 1, 0, 1, 1, 1024];
        for (int i = 0; i < words.Length; i++)
            Word(bytes, 4 + (4 * i), words[i], big);
        return bytes;
    }

    private static uint Word(byte[] bytes, int offset, bool big) =>
        big ? BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset)) : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset));

    private static void Word(byte[] bytes, int offset, uint value, bool big)
    {
        if (big)
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(offset), value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
    }
}
