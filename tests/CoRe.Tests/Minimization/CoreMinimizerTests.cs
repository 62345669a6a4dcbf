using System.Text;
using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests.Minimization;

/// <summary>What is left of a target: compared as bpftool would print it, type by type.</summary>
public class CoreMinimizerTests
{
    private const CoreRelocationKind Offset = CoreRelocationKind.FieldByteOffset;

    /// <summary>Minimises a target to what relocations of a program use of it.</summary>
    private static string Minimised(TestBtf local, BtfSpec target, params (uint Root, string Access, CoreRelocationKind Kind, long Original)[] relocations)
    {
        var minimizer = new CoreMinimizer(target);
        TestRelocation[] asked = [.. relocations.Select(relocation => new TestRelocation(relocation.Root, relocation.Access, relocation.Kind, Move(relocation.Original)))];
        foreach (CoreRelocationResult result in Apply(local, new CoreTarget(target), asked))
        {
            result.Outcome.Should().Be(CoreRelocationOutcome.Applied, result.ToString());
            minimizer.Add(result);
        }

        BtfSpec minimised = BtfSpec.Parse(minimizer.ToArray());
        minimizer.TypeCount.Should().Be((int)minimised.TypeCount - 1);
        minimised.PointerSize.Should().Be(target.PointerSize);
        minimised.Header.ByteOrder.Should().Be(target.Header.ByteOrder);
        return Raw(minimised);
    }

    private static string Raw(BtfSpec spec)
    {
        using var text = new MemoryStream();
        BtfRawPrinter.Write(spec, text);
        return Encoding.UTF8.GetString(text.ToArray()).TrimEnd('\n');
    }

    private static string Lines(params string[] lines) => string.Join('\n', lines);

    [Fact]
    public void Of_a_struct_the_members_stay_that_are_accessed_where_they_were()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("b", local.U32, 0), new TestMember("d", local.U64, 0));
        _ = target.Struct("other", 4, new TestMember("b", target.U32, 0));
        _ = target.Struct("s", 40, new TestMember("a", target.U8, 0), new TestMember("b", target.U32, 64), new TestMember("c", target.S32, 96), new TestMember("d", target.U64, 256));

        Minimised(local, target.Build(), (root, "0:0", Offset, 0), (root, "0:1", Offset, 0)).Should().Be(Lines(
            "[1] INT 'unsigned int' size=4 bits_offset=0 nr_bits=32 encoding=(none)",
            "[2] INT 'unsigned long' size=8 bits_offset=0 nr_bits=64 encoding=(none)",
            "[3] STRUCT 's' size=40 vlen=2",
            "\t'b' type_id=1 bits_offset=64",
            "\t'd' type_id=2 bits_offset=256"));
    }

    [Fact]
    public void Everything_on_the_way_to_a_field_stays()
    {
        TestBtf local = new(), target = new();
        uint ours = local.Struct("inner", 4, new TestMember("x", local.S32, 0));
        uint root = local.Struct("s", 8, new TestMember("list", local.Array(ours, 2), 0));
        uint bit = target.Struct("inner", 12, new TestMember("before", target.S32, 0), new TestMember("x", target.S32, 35, 7), new TestMember("after", target.S32, 64));
        uint list = target.Typedef("list_t", target.Const(target.Array(bit, 2)));
        uint unnamed = target.Union("", 24, new TestMember("none", target.S32, 0), new TestMember("list", list, 0));
        _ = target.Struct("s", 32, new TestMember("none", target.S32, 0), new TestMember("", unnamed, 64));

        Minimised(local, target.Build(), (root, "0:0:1:0", Offset, 4)).Should().Be(Lines(
            "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
            "[2] STRUCT 'inner' size=12 vlen=1",
            "\t'x' type_id=1 bits_offset=35 bitfield_size=7",
            "[3] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=2",
            "[4] CONST '(anon)' type_id=3",
            "[5] TYPEDEF 'list_t' type_id=4",
            "[6] UNION '(anon)' size=24 vlen=1",
            "\t'list' type_id=5 bits_offset=0",
            "[7] STRUCT 's' size=32 vlen=1",
            "\t'(anon)' type_id=6 bits_offset=64"));
    }

    [Fact]
    public void The_root_stays_under_its_own_name_and_an_array_keeps_what_counts_its_elements()
    {
        TestBtf local = new(), target = new();
        uint root = local.Typedef("t", local.Struct("s", 8, new TestMember("list", local.Array(local.U64, 2), 0)));
        _ = target.S32;
        uint list = target.Array(target.U64, 2);
        _ = target.Typedef("t", target.Struct("s", 16, new TestMember("list", list, 0)));

        Minimised(local, target.Build(), (root, "0:0:1", Offset, 8)).Should().Be(Lines(
            "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
            "[2] INT 'unsigned long' size=8 bits_offset=0 nr_bits=64 encoding=(none)",
            "[3] ARRAY '(anon)' type_id=2 index_type_id=1 nr_elems=2",
            "[4] STRUCT 's' size=16 vlen=1",
            "\t'list' type_id=3 bits_offset=0",
            "[5] TYPEDEF 't' type_id=4"));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, true)]
    public void An_array_without_length_does_not_become_the_last_member(uint length, bool becomesLast)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("list", local.Array(local.S32, 0), 0));
        uint list = target.Array(target.S32, length);
        _ = target.Struct("s", 32, new TestMember("list", list, 0), new TestMember("between", target.U8, 128), new TestMember("last", target.S64, 192));

        string minimised = Minimised(local, target.Build(), (root, "0:0", Offset, 0));

        minimised.Should().EndWith(becomesLast
            ? Lines("STRUCT 's' size=32 vlen=1", "\t'list' type_id=2 bits_offset=0")
            : Lines("STRUCT 's' size=32 vlen=2", "\t'list' type_id=2 bits_offset=0", "\t'last' type_id=3 bits_offset=192"));
    }

    [Fact]
    public void An_array_without_length_at_the_end_stays_alone()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("list", local.Array(local.S32, 0), 0));
        uint list = target.Array(target.S32, 0);
        _ = target.Struct("s", 8, new TestMember("count", target.S64, 0), new TestMember("list", list, 64));

        Minimised(local, target.Build(), (root, "0:0:5", Offset, 20)).Should().EndWith(Lines("STRUCT 's' size=8 vlen=1", "\t'list' type_id=2 bits_offset=64"));
    }

    /// <summary>The target's struct s { int *p; struct t t; } with struct t { int (*f)(enum e); }, by how deep each question looks.</summary>
    [Theory]
    [InlineData(Offset, "0:0", "STRUCT 's' size=16 vlen=1|'p' type_id=1 bits_offset=0", "PTR '(anon)' type_id=0")]
    [InlineData(CoreRelocationKind.TypeExists, "0", "STRUCT 's' size=16 vlen=0", "STRUCT 's'")]
    [InlineData(CoreRelocationKind.TypeSize, "0", "STRUCT 's' size=16 vlen=0", "STRUCT 's'")]
    [InlineData(CoreRelocationKind.TypeMatches, "0", "STRUCT 's' size=16 vlen=2|'p' type_id=2 bits_offset=0|'t' type_id=6 bits_offset=64", "PTR '(anon)' type_id=1|FUNC_PROTO '(anon)' ret_type_id=1 vlen=1|ENUM 'e' encoding=UNSIGNED size=4 vlen=2|'A' val=1|'B' val=2")]
    public void A_type_stays_as_deep_as_the_question_looks(CoreRelocationKind kind, string access, string theStruct, string others)
    {
        static uint Declare(TestBtf btf)
        {
            uint pointer = btf.Ptr(btf.S32);
            uint function = btf.Ptr(btf.FuncProto(btf.S32, btf.Enum("e", signed: false, ("A", 1), ("B", 2))));
            uint inner = btf.Struct("t", 8, new TestMember("f", function, 0));
            return btf.Struct("s", 16, new TestMember("p", pointer, 0), new TestMember("t", inner, 64));
        }

        TestBtf local = new(), target = new();
        uint root = Declare(local);
        _ = Declare(target);

        string[] lines = Minimised(local, target.Build(), (root, access, kind, kind switch { Offset => 0, CoreRelocationKind.TypeSize => 16, _ => 1 })).Split('\n');

        string text = string.Join('|', lines.Select(line => line.StartsWith('[') ? line[(line.IndexOf(' ') + 1)..] : line.Trim()));
        text.Should().Contain(theStruct);
        foreach (string other in others.Split('|'))
            text.Should().Contain(other);
        lines.Count(line => line.StartsWith('[')).Should().Be(kind switch { Offset => 2, CoreRelocationKind.TypeMatches => 7, _ => 1 });
    }

    [Fact]
    public void What_a_type_points_to_is_compared_and_stays()
    {
        TestBtf local = new(), target = new();
        uint root = local.Typedef("t", local.Ptr(local.FuncProto(local.Ptr(0), local.Array(local.Enum("e", signed: true, ("A", -1)), 2))));
        uint theirs = target.Enum("e", signed: true, ("A", -1), ("B", 7));
        _ = target.Typedef("t", target.Ptr(target.FuncProto(target.Ptr(0), target.Array(theirs, 2))));

        Minimised(local, target.Build(), (root, "0", CoreRelocationKind.TypeExists, 1)).Should().Be(Lines(
            "[1] ENUM 'e' encoding=SIGNED size=4 vlen=2",
            "\t'A' val=-1",
            "\t'B' val=7",
            "[2] PTR '(anon)' type_id=0",
            "[3] ARRAY '(anon)' type_id=1 index_type_id=1 nr_elems=2",
            "[4] FUNC_PROTO '(anon)' ret_type_id=2 vlen=1",
            "\t'(anon)' type_id=3",
            "[5] PTR '(anon)' type_id=4",
            "[6] TYPEDEF 't' type_id=5"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_an_enum_the_enumerators_stay_that_are_asked_for(bool isWide)
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, ("B", 1));
        _ = isWide
            ? target.Enum64("e", signed: true, ("A", 1), ("B", -(1L << 40)), ("C", 3))
            : target.Enum("e", signed: true, ("A", 1), ("B", -2), ("C", 3));

        Minimised(local, target.Build(), (root, "0", CoreRelocationKind.EnumValue, 1)).Should().Be(isWide
            ? Lines("[1] ENUM64 'e' encoding=SIGNED size=8 vlen=1", "\t'B' val=-1099511627776LL")
            : Lines("[1] ENUM 'e' encoding=SIGNED size=4 vlen=1", "\t'B' val=-2"));
    }

    [Fact]
    public void Every_candidate_that_fits_stays()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 4, new TestMember("x", target.S32, 0));
        _ = target.Struct("s___other", 8, new TestMember("x", target.S32, 0), new TestMember("y", target.S32, 32));
        _ = target.Struct("s___without", 4, new TestMember("y", target.S32, 0));

        Minimised(local, target.Build(), (root, "0:0", Offset, 0)).Should().Be(Lines(
            "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED",
            "[2] STRUCT 's' size=4 vlen=1",
            "\t'x' type_id=1 bits_offset=0",
            "[3] STRUCT 's___other' size=8 vlen=1",
            "\t'x' type_id=1 bits_offset=0"));
    }

    [Theory]
    [InlineData("long unsigned int", 4, true)]
    [InlineData("long int", 4, true)]
    [InlineData("long unsigned int", 8, false)]
    public void What_tells_the_size_of_pointers_stays_where_it_is_not_eight(string name, uint size, bool stays)
    {
        TestBtf local = new(), target = new(littleEndian: false);
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Int(name, size);
        _ = target.Struct("s", 4, new TestMember("x", target.S32, 0));
        BtfSpec spec = BtfSpec.Parse(target.Build().Data);

        string text = Minimised(local, spec, (root, "0:0", Offset, 0));

        spec.PointerSize.Should().Be((int)size);
        text.Contains(name, StringComparison.Ordinal).Should().Be(stays);
    }

    [Fact]
    public void Local_ids_and_types_of_other_targets_use_nothing()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 4, new TestMember("x", target.S32, 0));
        BtfSpec spec = target.Build();
        var minimizer = new CoreMinimizer(spec);
        TestRelocation id = new(root, "0", CoreRelocationKind.TypeIdLocal, Move(0)), offset = new(root, "0:0", Offset, Move(0));

        minimizer.Add(Apply(local, new CoreTarget(spec), id)[0]);
        minimizer.Add(Apply(local, new CoreTarget(target.Build()), offset)[0]);

        minimizer.TypeCount.Should().Be(0);
        minimizer.Target.Should().BeSameAs(spec);
    }
}
