using System.Security.Cryptography;
using System.Text;

namespace P3Ebpf.Btf.Tests.Print;

public class BtfRawPrinterTests
{
    public static TheoryData<string, string?, string, string> Hashes => BpftoolHashes.All;

    [Theory]
    [MemberData(nameof(Hashes))]
    public void Prints_captured_BTF_as_bpftool_does(string name, string? baseName, string rawHash, string jsonHash)
    {
        BtfSpec spec = CapturedBtf.Read(name, baseName);

        Hash(output => BtfRawPrinter.Write(spec, output)).Should().Be(rawHash);
        Hash(output => BtfJsonPrinter.Write(spec, output)).Should().Be(jsonHash);
    }

    // The text and the JSON are bpftool's for these very records, but for the opaque kind and the backslash.
    [Fact]
    public void Prints_every_kind()
    {
        BtfSpec spec = EveryKind();

        Text(output => BtfRawPrinter.Write(spec, output)).Should().Be(
            """
            [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
            [2] PTR '(anon)' type_id=0
            [3] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=3
            [4] STRUCT 's' size=8 vlen=2
            	'(anon)' type_id=1 bits_offset=0
            	'bits' type_id=1 bits_offset=32 bitfield_size=3
            [5] ENUM 'e' encoding=UNSIGNED size=4 vlen=1
            	'U' val=4294967295
            [6] ENUM 'n' encoding=SIGNED size=4 vlen=1
            	'M' val=-2147483648
            [7] ENUM64 'big' encoding=UNSIGNED size=8 vlen=1
            	'A' val=18446744073709551615ULL
            [8] ENUM64 'low' encoding=SIGNED size=8 vlen=1
            	'B' val=-9223372036854775808LL
            [9] FWD 'f' fwd_kind=union
            [10] TYPEDEF 't' type_id=4
            [11] TYPE_TAG 'user' type_id=1
            [12] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2
            	'a' type_id=10
            	'(anon)' type_id=0
            [13] FUNC 'kf' type_id=12 linkage=extern
            [14] VAR 'v' type_id=1, linkage=global
            [15] DATASEC '.data' size=4 vlen=2
            	type_id=14 offset=0 size=4 (VAR 'v')
            	type_id=13 offset=0 size=0 (FUNC 'kf')
            [16] FLOAT 'double' size=8
            [17] DECL_TAG 'it's "q" \ é' type_id=4 component_idx=-1
            [18] UNKNOWN 'novel'

            """.ReplaceLineEndings("\n"));
        Text(output => BtfJsonPrinter.Write(spec, output)).Should().Be(
            """
            {"types":[{"id":1,"kind":"INT","name":"int","size":4,"bits_offset":0,"nr_bits":32,"encoding":"SIGNED"},
            {"id":2,"kind":"PTR","name":"(anon)","type_id":0},
            {"id":3,"kind":"ARRAY","name":"(anon)","type_id":2,"index_type_id":1,"nr_elems":3},
            {"id":4,"kind":"STRUCT","name":"s","size":8,"vlen":2,"members":[
            {"name":"(anon)","type_id":1,"bits_offset":0},
            {"name":"bits","type_id":1,"bits_offset":32,"bitfield_size":3}]},
            {"id":5,"kind":"ENUM","name":"e","encoding":"UNSIGNED","size":4,"vlen":1,"values":[{"name":"U","val":18446744073709551615}]},
            {"id":6,"kind":"ENUM","name":"n","encoding":"SIGNED","size":4,"vlen":1,"values":[{"name":"M","val":-2147483648}]},
            {"id":7,"kind":"ENUM64","name":"big","encoding":"UNSIGNED","size":8,"vlen":1,"values":[{"name":"A","val":18446744073709551615}]},
            {"id":8,"kind":"ENUM64","name":"low","encoding":"SIGNED","size":8,"vlen":1,"values":[{"name":"B","val":-9223372036854775808}]},
            {"id":9,"kind":"FWD","name":"f","fwd_kind":"union"},
            {"id":10,"kind":"TYPEDEF","name":"t","type_id":4},
            {"id":11,"kind":"TYPE_TAG","name":"user","type_id":1},
            {"id":12,"kind":"FUNC_PROTO","name":"(anon)","ret_type_id":1,"vlen":2,"params":[{"name":"a","type_id":10},{"name":"(anon)","type_id":0}]},
            {"id":13,"kind":"FUNC","name":"kf","type_id":12,"linkage":"extern"},
            {"id":14,"kind":"VAR","name":"v","type_id":1,"linkage":"global"},
            {"id":15,"kind":"DATASEC","name":".data","size":4,"vlen":2,"vars":[{"type_id":14,"offset":0,"size":4},{"type_id":13,"offset":0,"size":0}]},
            {"id":16,"kind":"FLOAT","name":"double","size":8},
            {"id":17,"kind":"DECL_TAG","name":"it's \"q\" \\ é","type_id":4,"component_idx":-1},
            {"id":18,"kind":"UNKNOWN","name":"novel"}]}

            """.ReplaceLineEndings("") + "\n");
    }

    [Fact]
    public void Prints_only_the_given_ids_in_their_order()
    {
        BtfSpec spec = EveryKind();

        Text(output => BtfRawPrinter.Write(spec, output, [new BtfTypeId(16), new BtfTypeId(2)]))
            .Should().Be("[16] FLOAT 'double' size=8\n[2] PTR '(anon)' type_id=0\n");
        Text(output => BtfJsonPrinter.Write(spec, output, [])).Should().Be("{\"types\":[]}\n");
        Action unknown = () => BtfRawPrinter.Write(spec, Stream.Null, [new BtfTypeId(19)]);
        unknown.Should().Throw<ArgumentOutOfRangeException>();
    }

    private static BtfSpec EveryKind()
    {
        var btf = new TinyBtf();
        uint number = btf.Int("int", 4, encoding: 1);
        uint pointer = btf.Ptr(0);
        _ = btf.Array(pointer, 3);
        uint pair = btf.Bits("s", 8, ("", number, 0, 0), ("bits", number, 32, 3));
        _ = btf.Enum("e", 4, signed: false, ("U", -1));
        _ = btf.Enum("n", 4, signed: true, ("M", int.MinValue));
        _ = btf.Enum64("big", signed: false, ("A", ulong.MaxValue));
        _ = btf.Enum64("low", signed: true, ("B", 1UL << 63));
        _ = btf.Fwd("f", union: true);
        uint alias = btf.Typedef("t", pair);
        _ = btf.Of(BtfKind.TypeTag, number, "user");
        uint prototype = btf.Proto(number, ("a", alias), ("", 0));
        uint function = btf.Func("kf", prototype, BtfLinkage.Extern);
        uint variable = btf.Var("v", number);
        _ = btf.DataSec(".data", 4, (variable, 0, 4), (function, 0, 0));
        _ = btf.Float("double", 8);
        _ = btf.DeclTag("it's \"q\" \\ é", pair);
        _ = btf.Opaque("novel", 20, 7);
        return btf.Build();
    }

    private static string Hash(Action<Stream> print)
    {
        using var output = new MemoryStream();
        print(output);
        return Convert.ToHexStringLower(SHA256.HashData(output.ToArray()));
    }

    private static string Text(Action<Stream> print)
    {
        using var output = new MemoryStream();
        print(output);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
