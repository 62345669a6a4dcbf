using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Object.Tests.Layout;

/// <summary>Structs that somebody wrote by hand, right and wrong, beside those of C.</summary>
public sealed class LayoutComparisonTests
{
    private static readonly BtfBuilder Types = new();
    private static readonly BtfTypeId U8 = Types.AddInt("u8", 1);
    private static readonly BtfTypeId U16 = Types.AddInt("u16", 2);
    private static readonly BtfTypeId U32 = Types.AddInt("u32", 4);
    private static readonly BtfTypeId U64 = Types.AddInt("u64", 8);
    private static readonly BtfTypeId Bool = Types.AddInt("_Bool", 1, BtfIntEncoding.Bool);
    private static readonly BtfTypeId Pointer = Types.AddPtr(BtfTypeId.Void);
    private static readonly BtfTypeId Color = Types.AddEnum("color", 4, isSigned: false, ("RED", 0));

    // struct event { u32 pid; u64 time; char comm[16]; };
    private static readonly BtfTypeId Event = Struct("event", 32, ("pid", U32, 0), ("time", U64, 8), ("comm", Array(U8, 16), 16));
    private static readonly BtfTypeId Point = Struct("point", 8, ("x", U32, 0), ("y", U32, 4));

    // struct shape { enum color color; _Bool filled; struct point corners[3]; void *next; u8 grid[2][4]; };
    private static readonly BtfTypeId Shape = Struct(
        "shape", 48, ("color", Color, 0), ("filled", Bool, 4), ("corners", Array(Point, 3), 8), ("next", Pointer, 32), ("grid", Array(Array(U8, 4), 2), 40));

    // struct address { u16 family; union { u32 v4; u64 v6[2]; }; } with the union at 8
    private static readonly BtfTypeId Address = Struct(
        "address", 24, ("family", U16, 0), (null, Types.AddUnion(default, 16, new BtfMember("v4", U32, 0, 0), new BtfMember("v6", Array(U64, 2), 0, 0)), 8));

    // struct flags { u32 version : 4, length : 4, rest : 24; u32 id; };
    private static readonly BtfTypeId Flags = Types.AddStruct(
        "flags", 8, new BtfMember("version", U32, 0, 4), new BtfMember("length", U32, 4, 4), new BtfMember("rest", U32, 8, 24), new BtfMember("id", U32, 32, 0));

    private static readonly BtfTypeId PointOrWide = Types.AddUnion("point_or_wide", 8, new BtfMember("point", Point, 0, 0), new BtfMember("wide", U64, 0, 0));
    private static readonly BtfTypeId Segment = Struct("segment", 20, ("id", U32, 0), ("from", Point, 4), ("to", Point, 12));
    private static readonly BtfTypeId FourU32 = Array(U32, 4);
    private static readonly BtfTypeId Identity = Struct("identity", 16, ("uuid", Array(U8, 16), 0));

    // struct batch { u64 values[4]; u32 counts[2]; struct point points[2]; char empty[0]; };
    private static readonly BtfTypeId Batch = Struct("batch", 56, ("values", Array(U64, 4), 0), ("counts", Array(U32, 2), 32), ("points", Array(Point, 2), 40), ("empty", Array(U8, 0), 56));

    private static readonly BtfSpec Btf = Types.ToSpec();

#pragma warning disable CS0169, CS0649, IDE0044, IDE0051, CA1823 // the fields are only looked at from outside
    private struct RightEvent { public uint Pid; public ulong Time; public Text16 Comm; }

    private unsafe struct FixedEvent { public uint Pid; public ulong Time; public fixed byte Comm[16]; }

    private record struct PropertyEvent(uint Pid, ulong Time, Guid Comm);

    [StructLayout(LayoutKind.Sequential, Pack = 4, Size = 32)]
    private struct PackedEvent { public uint Pid; public ulong Time; public Text16 Comm; }

    private struct ExchangedEvent { public uint Comm; public ulong Pid; public Text16 Time; }

    private struct ShortEvent { public uint Pid; public uint Time; public ulong More; public Text16 Comm; }

    private struct OddEvent { public ulong PidAndGap; public ulong Time; public Text16 Comm; }

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct MissingEvent { public uint Pid; public ulong Time; }

    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct PartOfEvent { [FieldOffset(8)] public ulong Time; }

    [BpfOpaque]
    private struct OpaqueEvent { public uint A, B, C, D, E, F, G, H; }

    private struct SmallEvent { public uint Pid; public ulong Time; public ulong Comm; }

    [InlineArray(16)]
    private struct Text16 { private byte _first; }

    [InlineArray(8)]
    private struct Eight { private byte _first; }

    [InlineArray(3)]
    private struct ThreePoints { private PointStruct _first; }

    [InlineArray(3)]
    private struct ThreeExchanged { private ExchangedPoint _first; }

    private struct PointStruct { public uint X, Y; }

    private struct ExchangedPoint { public uint Y, X; }

    private enum ShapeColor { Red }

    private unsafe struct RightShape { public ShapeColor Color; public bool Filled; public ThreePoints Corners; public void* Next; public Eight Grid; }

    private struct PointwiseShape { public ShapeColor Color; public bool Filled; public PointStruct A, B, C; public ulong Next; public Eight Grid; }

    private struct ExchangedShape { public ShapeColor Color; public bool Filled; public ThreeExchanged Corners; public ulong Next; public Eight Grid; }

    private struct WideBoolShape { public ShapeColor Color; public int Filled; public ThreePoints Corners; public ulong Next; public Eight Grid; }

    private struct SmallColorShape { public byte Color; public bool Filled; public ThreePoints Corners; public ulong Next; public Eight Grid; }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    private struct RightAddress { [FieldOffset(0)] public ushort Family; [FieldOffset(8)] public uint V4; [FieldOffset(8)] public UInt128 V6; }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    private struct HalvedAddress { [FieldOffset(0)] public ushort Family; [FieldOffset(8)] public ulong High; [FieldOffset(16)] public ulong Low; }

    [StructLayout(LayoutKind.Explicit, Size = 24)]
    private struct ShiftedAddress { [FieldOffset(0)] public ushort Family; [FieldOffset(4)] public uint V4; [FieldOffset(12)] public ulong V6; }

    private struct RightFlags { private uint _bits; public uint Id; }

    private struct ByteFlags { private byte _versionAndLength; private byte _a, _b, _c; public uint Id; }

    private struct ExchangedFlags { public uint Id; private uint _bits; }

    private struct GroupedSegment { public uint Id; public Corners Both; }

    private struct Corners { public uint X, Y, ToX, ToY; }

    private struct FlatSegment { public uint Id, FromX, FromY, ToX, ToY; }

    private struct WrongSegment { public PointStruct From; public PointStruct To; public uint Id; }

    [StructLayout(LayoutKind.Explicit)]
    private struct SplitWide { [FieldOffset(0)] public ulong Wide; [FieldOffset(0)] public uint Low; [FieldOffset(4)] public uint High; }

    private struct Pid { public uint Value; }

    private struct WrappedEvent { public Pid Pid; public ulong Time; public Text16 Comm; }

    private struct ThreeParts { public short A, B; public int C; }

    private struct FourLetters { public uint A, B, C, D; }

    private struct Big { public Half100000 First; public Half100000 Second; public ulong Last; }

    [InlineArray(100_000)]
    private struct Half100000 { private byte _first; }
#pragma warning restore

    [Fact]
    public void Right_structs_pass_whatever_they_are_made_of()
    {
        Differences<RightEvent>(Event).Should().BeEmpty();
        Differences<FixedEvent>(Event).Should().BeEmpty();
        Differences<PropertyEvent>(Event).Should().BeEmpty();
        Differences<WrappedEvent>(Event).Should().BeEmpty();
        Differences<OpaqueEvent>(Event).Should().BeEmpty();
        Differences<RightShape>(Shape).Should().BeEmpty();
        Differences<PointwiseShape>(Shape).Should().BeEmpty();
        Differences<RightAddress>(Address).Should().BeEmpty();
        Differences<HalvedAddress>(Address).Should().BeEmpty();
        Differences<RightFlags>(Flags).Should().BeEmpty();
        Differences<ByteFlags>(Flags).Should().BeEmpty();
        Differences<FlatSegment>(Segment).Should().BeEmpty();
        Differences<GroupedSegment>(Segment).Should().BeEmpty();
        Differences<PointStruct>(PointOrWide).Should().BeEmpty();
        Differences<SplitWide>(PointOrWide).Should().BeEmpty();
        Differences<Guid>(Identity).Should().BeEmpty();
    }

    [Fact]
    public void Numbers_enumerations_and_bytes_stand_for_what_has_their_size()
    {
        Differences<uint>(U32).Should().BeEmpty();
        Differences<ShapeColor>(U32).Should().BeEmpty();
        Differences<Pid>(U32).Should().BeEmpty();
        Differences<ulong>(Point).Should().BeEmpty();
        Differences<Eight>(Point).Should().BeEmpty();
        Differences<(uint, uint)>(Point).Should().BeEmpty();
        Differences<UInt128>(FourU32).Should().BeEmpty();
        Differences<SplitWide>(U64).Should().BeEmpty();
    }

    [Fact]
    public void A_wrong_pack_is_told_with_what_lies_there_in_c() => Differences<PackedEvent>(Event).Should().Equal(
        "Time has 8 bytes at 4 where C has 'u64 time', 8 bytes at 8",
        "Comm has 16 bytes at 12 where C has 'u64 time', 8 bytes at 8 and 'u8 comm[16]', 16 bytes at 16");

    [Fact]
    public void A_field_of_another_size_is_told()
    {
        Differences<ShortEvent>(Event).Should().ContainSingle().Which.Should().Be("Time has 4 bytes at 4 where C has something else; its 'u64 time', 8 bytes at 8");
        Differences<OddEvent>(Event).Should().ContainSingle().Which.Should().Be("PidAndGap has 8 bytes at 0 where C has 'u32 pid', 4 bytes at 0");
        Differences<WideBoolShape>(Shape).Should().ContainSingle().Which.Should().Be("Filled has 4 bytes at 4 where C has '_Bool filled', 1 byte at 4");
        Differences<SmallColorShape>(Shape).Should().Contain("Color has 1 byte at 0 where C has 'enum color color', 4 bytes at 0");
        Differences<SmallEvent>(Event).Should().Equal("SmallEvent has 24 bytes, struct event has 32");
    }

    [Fact]
    public void Fields_that_were_exchanged_are_known_by_their_names()
    {
        Differences<ExchangedEvent>(Event).Should().HaveCount(3).And.Contain(text => text.StartsWith("Comm has 4 bytes at 0 where C has something else; its 'u8 comm[16]'", StringComparison.Ordinal));
        Differences<ExchangedPoint>(Point).Should().Equal(
            "Y has 4 bytes at 0 where C has something else; its 'u32 y', 4 bytes at 4", "X has 4 bytes at 4 where C has something else; its 'u32 x', 4 bytes at 0");
        Differences<ExchangedShape>(Shape).Should().NotBeEmpty("the elements of an array are compared as well");
        Differences<ExchangedFlags>(Flags).Should().ContainSingle().Which.Should().Contain("'u32 id', 4 bytes at 4");
        Differences<WrongSegment>(Segment).Should().NotBeEmpty();
        Differences<ShiftedAddress>(Address).Should().NotBeEmpty();
    }

    [Fact]
    public void What_a_struct_leaves_out_is_told_unless_it_gives_offsets()
    {
        Differences<MissingEvent>(Event).Should().Equal("MissingEvent has nothing where C has 'u8 comm[16]', 16 bytes at 16");
        Differences<PartOfEvent>(Event).Should().BeEmpty();
    }

    [Fact]
    public void Unions_within_unions_do_not_multiply()
    {
        var builder = new BtfBuilder();
        BtfTypeId level = builder.AddInt("u32", 4);
        for (int i = 0; i < 60; i++)
            level = builder.AddUnion($"u{i}", 4, new BtfMember("a", level, 0, 0), new BtfMember("b", level, 0, 0));
        LayoutComparison.Compare(ManagedType.Of<(ushort, ushort)>(), builder.ToSpec(), level).Should().HaveCountLessThan(3);
    }

    [Fact]
    public void Places_in_big_structs_are_found()
    {
        ManagedType big = ManagedType.Of<Big>();
        big.Size.Should().Be(200_008);
        big.Fields.Select(field => field.Offset).Should().Equal(0, 100_000, 200_000);
    }

    [Fact]
    public void Nested_types_whose_fields_ahead_of_time_compilation_dropped_may_be_anything_of_their_size()
    {
        IReadOnlyList<string> DifferencesWith(ManagedType ends) => LayoutComparison.Compare(
            new ManagedType("Segment", 20) { IsComplete = true, Fields = [new("Id", new("UInt32", 4), 0), new("Ends", ends, 4)] }, Btf, Segment);

        DifferencesWith(new("Ends", 16) { IsUnknown = true }).Should().BeEmpty();
        DifferencesWith(new("Ends", 16) { Element = new("Ends[]", 1) { IsUnknown = true } }).Should().BeEmpty("that an array is inline is said of the type, not of its field");
        DifferencesWith(new("Ends", 12) { IsUnknown = true }).Should().NotBeEmpty("half of a point is left out");
        DifferencesWith(new("Ends", 16)).Should().NotBeEmpty("a number cannot be two points");
    }

    [Fact]
    public void Variables_and_their_types_are_compared_before_loading()
    {
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Variables["range"].Get<(int, int)>().Should().Be((-5, 5));
        FluentActions.Invoking(() => spec.Variables["range"].Get<ThreeParts>()).Should().Throw<ArgumentException>()
            .WithMessage("Variable 'range' is of type *, and ThreeParts is laid out differently: *[BpfOpaque]*");
    }

    private static ManagedType N(int size) => new($"N{size}", size);

    private static ManagedType Several(int count, ManagedType element) => new($"{element.Name}[{count}]", count * element.Size) { Element = element };

    private static ManagedType Made(int size, params (string Name, ManagedType Type, int Offset)[] fields) =>
        new("Made", size) { IsComplete = true, Fields = [.. fields.Select(field => new ManagedField(field.Name, field.Type, field.Offset))] };

    private static readonly ManagedType TwoNumbers = Made(8, ("X", N(4), 0), ("Y", N(4), 4)), Exchanged = Made(8, ("Y", N(4), 0), ("X", N(4), 4));

    /// <summary>A type by its bytes: <c>8</c> a number, <c>4x8</c> an array, <c>{4,4}</c> a struct, <c>?8</c> one of which nothing is known.</summary>
    private static ManagedType Parse(string text)
    {
        if (text[0] == '?')
            return new ManagedType("U", int.Parse(text[1..], null)) { IsUnknown = true };
        if (text.Split('x') is [var count, var element])
            return Several(int.Parse(count, null), Parse(element));
        if (text[0] != '{')
            return N(int.Parse(text, null));
        ManagedType[] parts = [.. text[1..^1].Split(',').Select(Parse)];
        return Made(parts.Sum(part => part.Size), [.. parts.Select((part, i) => ($"{(char)('A' + i)}", part, parts.Take(i).Sum(before => before.Size)))]);
    }

    /// <summary>Ways to lay out the first 32 bytes of the batch, its four values.</summary>
    [Theory]
    [InlineData("8 8 8 8", null)]
    [InlineData("4x8", null)]
    [InlineData("2x8 2x8", null)]
    [InlineData("8x1 24x1", null)]
    [InlineData("?24 8", null)]
    [InlineData("{8,8} 8 8", null)]
    [InlineData("32", null)] // as long as the whole
    [InlineData("8x4", null)]
    [InlineData("2x16", null)]
    [InlineData("1x8 24", "F1 has 24 bytes at 8 where C has 'u64 values[4]', 32 bytes at 0")]
    [InlineData("4 28x1", "F0 has 4 bytes at 0 where C has 'u64 values[4]', 32 bytes at 0")]
    [InlineData("12x1 20x1", "F0 has 12 bytes at 0 where C has 'u64 values[4]', 32 bytes at 0")]
    [InlineData("4x4 8 8", "F0 has 16 bytes at 0 where C has 'u64 values[4]', 32 bytes at 0")]
    [InlineData("1x16 8 8", "F0 has 16 bytes at 0 where C has 'u64 values[4]', 32 bytes at 0")]
    [InlineData("8x3 8", "F0 has 24 bytes at 0 where C has 'u64 values[4]', 32 bytes at 0")]
    [InlineData("{4,4,8} 8 8", "A has 4 bytes at 0 where C has u64, 8 bytes at 0")]
    public void Fields_over_an_array_stand_for_whole_elements(string parts, string? difference)
    {
        List<(string, ManagedType, int)> fields = [];
        int at = 0;
        foreach (ManagedType part in parts.Split(' ').Select(Parse))
        {
            fields.Add(($"F{fields.Count}", part, at));
            at += part.Size;
        }

        IReadOnlyList<string> found = LayoutComparison.Compare(Made(56, [.. fields, ("Counts", N(8), 32), ("Points", N(16), 40)]), Btf, Batch);

        at.Should().Be(32);
        found.Take(1).Should().Equal(difference is null ? [] : [difference]);
    }

    [Fact]
    public void The_elements_of_an_array_of_structs_are_looked_into()
    {
        static IReadOnlyList<string> With(params (string, ManagedType, int)[] points) =>
            LayoutComparison.Compare(Made(56, [("Values", N(32), 0), ("Counts", N(8), 32), .. points]), Btf, Batch);

        With(("Points", Several(2, TwoNumbers), 40)).Should().BeEmpty();
        With(("Points", Several(4, N(4)), 40)).Should().BeEmpty("numbers may stand for the fields of both");
        With(("P", TwoNumbers, 40), ("Q", TwoNumbers, 48)).Should().BeEmpty();
        With(("P", Made(16, ("A", TwoNumbers, 0), ("B", TwoNumbers, 8)), 40)).Should().BeEmpty();
        With(("Points", Several(2, Exchanged), 40)).Should().StartWith("Y has 4 bytes at 40 where C has something else; its 'u32 y', 4 bytes at 44");
        With(("P", TwoNumbers, 40), ("Q", Exchanged, 48)).Should().StartWith("Y has 4 bytes at 48 where C has something else; its 'u32 y', 4 bytes at 52");
        With(("P", N(4), 40), ("Q", N(8), 44), ("R", N(4), 52)).Should().Equal("Q has 8 bytes at 44 where C has 'struct point points[2]', 16 bytes at 40");
        With(("P", TwoNumbers, 40)).Should().BeEmpty("the array is met, if only in part");
        With().Should().Equal("Made has nothing where C has 'struct point points[2]', 16 bytes at 40");
    }

    [Fact]
    public void Several_members_are_met_by_bytes_by_an_array_or_by_a_struct_with_the_same_parts()
    {
        static IReadOnlyList<string> With(ManagedType type) => LayoutComparison.Compare(
            Made(20, ("Id", N(4), 0), ("Rest", type, 4)), Btf, Segment);

        With(Several(16, N(1))).Should().BeEmpty();
        With(Several(4, N(4))).Should().BeEmpty();
        With(Several(2, N(8))).Should().BeEmpty();
        With(Several(2, TwoNumbers)).Should().BeEmpty();
        With(Several(2, Exchanged)).Should().Equal("Y has 4 bytes at 4 where C has something else; its 'u32 y', 4 bytes at 8", "X has 4 bytes at 8 where C has something else; its 'u32 x', 4 bytes at 4");
        With(N(16)).Should().Equal("Rest has 16 bytes at 4 where C has 'struct point from', 8 bytes at 4 and 'struct point to', 8 bytes at 12");
        With(Several(1, N(16))).Should().Equal("Rest[0] has 16 bytes at 4 where C has 'struct point from', 8 bytes at 4 and 'struct point to', 8 bytes at 12");
        With(Made(16, ("A", N(8), 0), ("B", N(8), 8))).Should().BeEmpty();
        With(Made(16, ("A", N(4), 0), ("B", N(8), 4), ("C", N(4), 12))).Should().StartWith("B has 8 bytes at 8 where C has 'struct point from', 8 bytes at 4 and 'struct point to', 8 bytes at 12");
        With(Made(16, ("A", N(8), 0))).Should().BeEmpty("what a part leaves out is its own affair");
    }

    /// <summary>A type by chance, of C and as C# has it: numbers, arrays, structs and unions in each other.</summary>
    private static (BtfTypeId Id, ManagedType Type, int Align, string Text) Generate(BtfBuilder builder, Random random, BtfTypeId[] numbers, int depth)
    {
        int kind = random.Next(depth == 0 ? 2 : 6);
        if (kind < 2)
            return (numbers[kind], N(4 << kind), 4 << kind, $"{4 << kind}");
        if (kind == 2)
        {
            int count = random.Next(1, 3);
            (BtfTypeId element, ManagedType type, int own, string name) = Generate(builder, random, numbers, depth - 1);
            return (builder.AddArray(element, numbers[0], (uint)count), Several(count, type), own, $"{name}[{count}]");
        }

        bool isUnion = kind == 3;
        int end = 0, size = 0, align = 1;
        List<BtfMember> members = [];
        List<(string, ManagedType, int)> fields = [];
        List<string> parts = [];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            (BtfTypeId id, ManagedType type, int own, string part) = Generate(builder, random, numbers, depth - 1);
            string name = $"m{builder.NextId.Value}_{i}";
            int at = isUnion ? 0 : (end + own - 1) / own * own;
            members.Add(new BtfMember(name, id, (uint)(8 * at), 0));
            fields.Add((name, type, at));
            parts.Add(part);
            end = at + type.Size;
            (size, align) = (Math.Max(size, end), Math.Max(align, own));
        }

        size = (size + align - 1) / align * align;
        string tag = $"t{builder.NextId.Value}";
        return (
            isUnion ? builder.AddUnion(tag, (uint)size, [.. members]) : builder.AddStruct(tag, (uint)size, [.. members]), Made(size, [.. fields]) with { IsExplicit = isUnion }, align,
            $"{(isUnion ? "union" : "struct")} {{ {string.Join("; ", parts)} }}");
    }

    [Fact]
    public void What_is_laid_out_as_C_has_it_passes_whatever_it_is_made_of()
    {
        for (int seed = 0; seed < 5000; seed++)
        {
            var builder = new BtfBuilder();
            BtfTypeId[] numbers = [builder.AddInt("u32", 4), builder.AddInt("u64", 8)];

            (BtfTypeId id, ManagedType type, _, string text) = Generate(builder, new Random(seed), numbers, depth: 4);

            LayoutComparison.Compare(type, builder.ToSpec(), id).Should().BeEmpty($"{text} of seed {seed} is the same in both");
        }
    }

    [Fact]
    public void An_array_of_one_is_what_it_holds()
    {
        // union { u64 first; union { u64 a, b; } pair[2]; } as the only element
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("u64", 8);
        BtfTypeId inner = builder.AddUnion("inner", 8, new BtfMember("a", number, 0, 0), new BtfMember("b", number, 0, 0));
        BtfTypeId outer = builder.AddUnion("outer", 16, new BtfMember("first", number, 0, 0), new BtfMember("pair", builder.AddArray(inner, number, 2), 0, 0));
        BtfTypeId array = builder.AddArray(outer, number, 1);
        ManagedType either = Made(8, ("A", N(8), 0), ("B", N(8), 0)) with { IsExplicit = true }, both = Made(16, ("First", N(8), 0), ("Pair", Several(2, either), 0)) with { IsExplicit = true };

        LayoutComparison.Compare(Several(1, both), builder.ToSpec(), array).Should().BeEmpty();
    }

    [Theory]
    [InlineData("Time", null)]
    [InlineData("time", null)]
    [InlineData("_time", null)]
    [InlineData("T_IME", null)]
    [InlineData("<Time>k__BackingField", null)]
    [InlineData("other", null)]
    [InlineData("<>Time", null)]
    [InlineData("Pid", "Pid has 8 bytes at 8 where C has something else; its 'u32 pid', 4 bytes at 0")]
    [InlineData("<Pid>k__BackingField", "<Pid>k__BackingField has 8 bytes at 8 where C has something else; its 'u32 pid', 4 bytes at 0")]
    [InlineData("c_o_m_m", "c_o_m_m has 8 bytes at 8 where C has something else; its 'u8 comm[16]', 16 bytes at 16")]
    public void A_name_counts_where_it_is_that_of_another_member(string name, string? difference) =>
        LayoutComparison.Compare(Made(32, ("a", N(4), 0), (name, N(8), 8), ("b", N(16), 16)), Btf, Event).Should().Equal(difference is null ? [] : [difference]);

    [Fact]
    public void Types_without_a_size_and_members_without_one_pass()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("u32", 4), declared = builder.AddFwd("declared"), prototype = builder.AddFuncProto(number);
        BtfTypeId odd = builder.AddStruct("odd", 8, new BtfMember("a", number, 0, 0), new BtfMember("b", declared, 32, 0), new BtfMember("c", builder.AddArray(prototype, number, 2), 32, 0));
        BtfTypeId circular = builder.NextId;
        _ = builder.AddStruct("circular", 8, new BtfMember("inner", circular, 0, 0));
        BtfTypeId array = builder.AddArray(builder.AddStruct("empty", 0), number, 3);
        BtfSpec spec = builder.ToSpec();

        LayoutComparison.Compare(N(4), spec, declared).Should().BeEmpty();
        LayoutComparison.Compare(N(4), spec, new BtfTypeId(999)).Should().BeEmpty();
        LayoutComparison.Compare(Made(8, ("A", N(4), 0), ("B", N(4), 4)), spec, odd).Should().BeEmpty();
        LayoutComparison.Compare(TwoNumbers, spec, circular).Should().BeEmpty("damaged types are not followed for ever");
        LayoutComparison.Compare(N(0), spec, array).Should().BeEmpty();
    }

    [Fact]
    public void Bitfields_lie_in_any_integer_and_not_in_a_struct_of_others()
    {
        LayoutComparison.Compare(Made(8, ("Bits", N(2), 0), ("More", N(2), 2), ("Id", N(4), 4)), Btf, Flags).Should().BeEmpty();
        LayoutComparison.Compare(Made(8, ("Bits", Made(4, ("A", N(2), 0), ("B", N(2), 2)), 0), ("Id", N(4), 4)), Btf, Flags).Should().BeEmpty();
        LayoutComparison.Compare(Made(8, ("Version", N(4), 4), ("Id", N(4), 0)), Btf, Flags).Should().Equal("Id has 4 bytes at 0 where C has something else; its 'u32 id', 4 bytes at 4");
        LayoutComparison.Compare(Made(8, ("Id", N(4), 4)), Btf, Flags).Should().BeEmpty("bits may be left out");
        LayoutComparison.Compare(Made(8, ("Bits", N(4), 0)), Btf, Flags).Should().Equal("Made has nothing where C has 'u32 id', 4 bytes at 4");
    }

    [Fact]
    public void What_the_runtime_says_of_a_type_is_what_is_compared()
    {
        ManagedType shape = ManagedType.Of<RightShape>();
        shape.Should().BeEquivalentTo(new { Name = "RightShape", Size = 48, IsComplete = true, IsExplicit = false, IsUnknown = false, IsWhole = false });
        shape.Fields.Select(field => $"{field.Name} {field.Type.Name} {field.Offset} {field.Type.IsWhole}").Should().Equal(
            "Color ShapeColor 0 True", "Filled Boolean 4 True", "Corners ThreePoints 8 False", "Next IntPtr 32 True", "Grid Eight 40 False");
        shape.Fields[2].Type.Element!.Fields.Select(field => field.Offset).Should().Equal(0, 4);
        ManagedType fixedBuffer = ManagedType.Of<FixedEvent>().Fields[2].Type;
        (fixedBuffer.Name, fixedBuffer.Size, fixedBuffer.Element).Should().Be(("Byte[16]", 16, new ManagedType("Byte", 1)));
        ManagedType.Of<RightAddress>().IsExplicit.Should().BeTrue();
        ManagedType.Of<OpaqueEvent>().Should().Be(new ManagedType("OpaqueEvent", 32));
        ManagedType.Of<Guid>().IsWhole.Should().BeTrue("what the base library has counts as a whole");
        ManagedType.Of<(uint, ulong)>().Fields.Select(field => field.Type.Size).Should().BeEquivalentTo([4, 8]);
        ManagedType.Of<int>().Should().Be(new ManagedType("Int32", 4));
    }

    [Fact]
    public void No_more_than_three_differences_are_told()
    {
        static string Told(int fields)
        {
            var types = new BtfBuilder();
            BtfTypeId number = types.AddInt("u32", 4);
            BtfTypeId four = types.AddStruct("four", 16, [.. Enumerable.Range(0, 4).Select(i => new BtfMember(i < fields ? ((char)('a' + ((i + 1) % fields))).ToString() : $"x{i}", number, (uint)(32 * i), 0))]);
            return FluentActions.Invoking(() => TypeCheck.Require<FourLetters>(types.ToSpec(), four.Value, "It is")).Should().Throw<ArgumentException>().Which.Message;
        }

        Told(3).Should().StartWith("It is struct four, and FourLetters is laid out differently: A has 4 bytes at 0 where C").And.Contain("; C has 4 bytes at 8").And.NotContain(" more.");
        Told(4).Should().Contain("; and 1 more. Mind the order of fields, padding and Pack; [BpfOpaque] at FourLetters says that its fields do not matter.").And.NotContain("D has");
        TypeCheck.Require<FourLetters>(null, 1, "");
        TypeCheck.Require<FourLetters>(Btf, 0, "");
        TypeCheck.Require<OpaqueEvent>(Btf, Event.Value, "");
        TypeCheck.Require<OpaqueEvent>(Btf, Point.Value, "");
    }

    private static IReadOnlyList<string> Differences<T>(BtfTypeId id)
        where T : unmanaged => LayoutComparison.Compare(ManagedType.Of<T>(), Btf, id);

    private static BtfTypeId Array(BtfTypeId element, uint length) => Types.AddArray(element, U32, length);

    private static BtfTypeId Struct(string name, uint size, params (string? Name, BtfTypeId Type, uint Offset)[] members) =>
        Types.AddStruct(name, size, [.. members.Select(member => new BtfMember(member.Name is { } text ? text : default(BtfString), member.Type, 8 * member.Offset, 0))]);
}
