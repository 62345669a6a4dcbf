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

    private static IReadOnlyList<string> Differences<T>(BtfTypeId id)
        where T : unmanaged => LayoutComparison.Compare(ManagedType.Of<T>(), Btf, id);

    private static BtfTypeId Array(BtfTypeId element, uint length) => Types.AddArray(element, U32, length);

    private static BtfTypeId Struct(string name, uint size, params (string? Name, BtfTypeId Type, uint Offset)[] members) =>
        Types.AddStruct(name, size, [.. members.Select(member => new BtfMember(member.Name is { } text ? text : default(BtfString), member.Type, 8 * member.Offset, 0))]);
}
