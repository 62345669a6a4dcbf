using P3Ebpf.Btf.Tests.Check;

namespace P3Ebpf.Btf.Tests.Format;

/// <summary>What the reader refuses, and where: the first type is an integer at byte 24, the second, from byte 40, is wrong in one respect.</summary>
public sealed class BtfFormatTests
{
    private const uint Int = 1;

    /// <summary>By name: the record, what is wrong with it, at which byte.</summary>
    private static readonly Dictionary<string, (Action<BtfBytes> Add, BtfErrorCode Code, long Offset, string Message)> Records = new()
    {
        ["pointer"] = (btf => btf.Add(BtfKind.Ptr, "", 99), BtfErrorCode.BadTypeId, 48, "*type id 99 is out of range: there are 3 types; if this is a module's BTF, give its base (at byte 48, type [2])"),
        ["two pointers"] = (btf => { _ = btf.Add(BtfKind.Ptr, "", 99); _ = btf.Add(BtfKind.Ptr, "", 99); }, BtfErrorCode.BadTypeId, 48, "*type id 99*"),
        ["the next id"] = (btf => btf.Add(BtfKind.Const, "", 3), BtfErrorCode.BadTypeId, 48, "*type id 3 is out of range*"),
        ["element"] = (btf => btf.Add(BtfKind.Array, "", 0, tail: [99, Int, 1]), BtfErrorCode.BadTypeId, 52, "*type id 99*"),
        ["index"] = (btf => btf.Add(BtfKind.Array, "", 0, tail: [Int, 99, 1]), BtfErrorCode.BadTypeId, 56, "*type id 99*"),
        ["member"] = (btf => btf.Struct("s", 8, ("a", Int, 0), ("b", 99, 32)), BtfErrorCode.BadTypeId, 68, "*type id 99*"),
        ["result"] = (btf => btf.FuncProto(99, ("a", Int)), BtfErrorCode.BadTypeId, 48, "*type id 99*"),
        ["parameter"] = (btf => btf.FuncProto(Int, ("a", Int), ("b", 99)), BtfErrorCode.BadTypeId, 64, "*type id 99*"),
        ["variable"] = (btf => btf.Add(BtfKind.Var, "v", 99, tail: 1), BtfErrorCode.BadTypeId, 48, "*type id 99*"),
        ["section"] = (btf => btf.Add(BtfKind.DataSec, ".bss", 8, 2, tail: [Int, 0, 4, 99, 4, 4]), BtfErrorCode.BadTypeId, 64, "*type id 99*"),
        ["tag"] = (btf => btf.Add(BtfKind.DeclTag, "t", 99, tail: 0), BtfErrorCode.BadTypeId, 48, "*type id 99*"),
        ["name"] = (btf => btf.AddRaw(5, (uint)BtfKind.Typedef << 24, Int), BtfErrorCode.BadStringOffset, 40, "*the name at string offset 5 lies outside the 5 bytes of strings (at byte 40, type [2])"),
        ["name of a member"] = (btf => btf.AddRaw(0, ((uint)BtfKind.Union << 24) | 2, 4, 0, Int, 0, 5, Int, 0), BtfErrorCode.BadStringOffset, 64, "*string offset 5 lies*"),
        ["name of a value"] = (btf => btf.AddRaw(0, ((uint)BtfKind.Enum << 24) | 2, 4, 0, 1, 5, 2), BtfErrorCode.BadStringOffset, 60, "*string offset 5 lies*"),
        ["name of a wide value"] = (btf => btf.AddRaw(0, ((uint)BtfKind.Enum64 << 24) | 2, 8, 0, 1, 0, 5, 2, 0), BtfErrorCode.BadStringOffset, 64, "*string offset 5 lies*"),
        ["name of a parameter"] = (btf => btf.AddRaw(0, ((uint)BtfKind.FuncProto << 24) | 2, 0, 0, Int, 5, Int), BtfErrorCode.BadStringOffset, 60, "*string offset 5 lies*"),
        ["function of an integer"] = (btf => btf.Add(BtfKind.Func, "f", Int), BtfErrorCode.BadFunctionPrototype, 48, "*the function refers to type 1, a Int, instead of a function prototype*"),
        ["function of void"] = (btf => btf.Add(BtfKind.Func, "f", 0), BtfErrorCode.BadFunctionPrototype, 48, "*the function refers to type 0, a Void*"),
        ["function of itself"] = (btf => btf.Add(BtfKind.Func, "f", 2), BtfErrorCode.BadFunctionPrototype, 48, "*the function refers to type 2, a Func*"),
        ["function of what follows"] = (btf => { _ = btf.Add(BtfKind.Func, "f", 3); _ = btf.Add(BtfKind.Const, "", Int); }, BtfErrorCode.BadFunctionPrototype, 48, "*the function refers to type 3, a Const*"),
        ["kind 0"] = (btf => btf.AddRaw(0, 0, 0), BtfErrorCode.UnknownKind, 40, "*a type of kind 0 can stand in no file*"),
        ["kind 90"] = (btf => btf.AddRaw(0, 90u << 24, 0), BtfErrorCode.UnknownKind, 40, "*kind 90 is unknown and no layout section tells its size*"),
        ["too many members"] = (btf => btf.AddRaw(0, ((uint)BtfKind.Struct << 24) | 1000, 4), BtfErrorCode.TypeTruncated, 40, "*the Struct of 12012 bytes runs past the end of the types*"),
        ["one member too many"] = (btf => btf.AddRaw(0, ((uint)BtfKind.Struct << 24) | 2, 4, 0, Int, 0, 0, Int), BtfErrorCode.TypeTruncated, 40, "*the Struct of 36 bytes runs past*"),
        ["an integer cut off"] = (btf => btf.AddRaw(0, (uint)BtfKind.Int << 24, 4), BtfErrorCode.TypeTruncated, 40, "*the Int of 16 bytes runs past*"),
        ["8 bytes left"] = (btf => btf.AddRaw(0, (uint)BtfKind.Ptr << 24), BtfErrorCode.TypeTruncated, 40, "*8 bytes are left at the end of the types*"),
        ["odd layout of the head"] = (btf => Opaque(btf, 2, 8), BtfErrorCode.BadLayout, 40, "*the layout section gives kind 20 sizes that are not multiples of 4*"),
        ["odd layout of the elements"] = (btf => Opaque(btf, 4, 6), BtfErrorCode.BadLayout, 40, "*the layout section gives kind 20 sizes*"),
        ["opaque kind cut off"] = (btf => Opaque(btf, 4, 12), BtfErrorCode.TypeTruncated, 40, "*the 20 of 40 bytes runs past*"),
        ["kind that the layout lacks"] = (btf => { Opaque(btf, 4, 8); _ = btf.Add((BtfKind)21, "", 0); }, BtfErrorCode.UnknownKind, 72, "*kind 21 is unknown*"),
    };

    public static TheoryData<string, bool> Defects
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string name in Records.Keys)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    /// <summary>A type of kind 20 with two elements, which only a layout section describes; five words follow its head.</summary>
    private static void Opaque(BtfBytes btf, byte infoSize, byte elementSize)
    {
        btf.Layout = [.. Enumerable.Repeat(((byte)0, (byte)0), 20), (infoSize, elementSize)];
        _ = btf.Add((BtfKind)20, "novelty", 0, 2, tail: [1, 2, 3, 4, 5]);
    }

    private static byte[] Build(Action<BtfBytes> add, bool isBigEndian = false)
    {
        var btf = new BtfBytes { IsBigEndian = isBigEndian };
        _ = btf.Int();
        add(btf);
        return btf.Build();
    }

    private static BtfFormatException Refusal(byte[] data) =>
        FluentActions.Invoking(() => BtfSpec.Parse(data, new BtfReadOptions { Source = "types" })).Should().Throw<BtfFormatException>().Which;

    [Theory]
    [MemberData(nameof(Defects))]
    public void A_record_that_is_wrong_is_told_with_its_place_in_either_byte_order(string name, bool isBigEndian)
    {
        (Action<BtfBytes> add, BtfErrorCode code, long offset, string message) = Records[name];
        byte[] data = Build(add, isBigEndian);

        // A layout section takes a longer header.
        int shift = data[isBigEndian ? 7 : 4] - 24;
        BtfFormatException refusal = Refusal(data);

        (refusal.Code, refusal.Offset - shift, refusal.File).Should().Be((code, offset, "types"));
        refusal.TypeId.Value.Should().Be(offset < 72 ? 2u : 3u);
        refusal.Message.Should().Match(message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_only_the_layout_describes_is_read_over(bool isBigEndian)
    {
        BtfSpec spec = BtfSpec.Parse(Build(btf => { Opaque(btf, 4, 8); _ = btf.Struct("after", 4, ("a", Int, 0)); }, isBigEndian));

        BtfType opaque = spec[new BtfTypeId(2)];
        (opaque.Kind, opaque.Name.ToString(), opaque.Vlen, opaque.RecordLength).Should().Be(((BtfKind)20, "novelty", 2u, 32));
        spec[new BtfTypeId(3)].Members[0].Name.ToString().Should().Be("a");
        spec.TryGetLayout((BtfKind)20, out BtfLayout layout).Should().BeTrue();
        layout.Should().Be(new BtfLayout(4, 8, 0));
        spec.TryGetLayout((BtfKind)21, out _).Should().BeFalse();
        FluentActions.Invoking(() => BtfBuilder.CopyOf(spec)).Should().Throw<NotSupportedException>().WithMessage("*[2] is of kind 20*");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_kind_of_no_more_than_its_head_is_read_over_and_split_BTF_has_the_layout_of_its_base(bool isBigEndian)
    {
        BtfSpec spec = BtfSpec.Parse(Build(
            btf =>
            {
                btf.Layout = [.. Enumerable.Repeat(((byte)0, (byte)0), 21), (0, 4)];
                _ = btf.Add((BtfKind)20, "marker", 0, 7);
                _ = btf.Add((BtfKind)21, "list", 0, 2, tail: [1, 2]);
                _ = btf.Struct("after", 4, ("a", Int, 0));
            },
            isBigEndian));

        (spec[new BtfTypeId(2)].RecordLength, spec[new BtfTypeId(3)].RecordLength, spec[new BtfTypeId(4)].Members[0].Name.ToString()).Should().Be((12, 20, "a"));
        BtfSpec split = new BtfBuilder(spec).ToSpec();
        split.TryGetLayout((BtfKind)21, out BtfLayout layout).Should().BeTrue();
        layout.ElementSize.Should().Be(4);
        BtfSpec.Parse(Build(_ => { })).TryGetLayout(BtfKind.Int, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_flags_of_a_layout_are_a_number_of_the_files_byte_order(bool isBigEndian)
    {
        byte[] data = Build(btf => btf.Layout = [(0, 0), (4, 0)], isBigEndian);
        (data[^7], data[^6]) = isBigEndian ? ((byte)0x12, (byte)0x34) : ((byte)0x34, (byte)0x12);

        BtfSpec.Parse(data).TryGetLayout(BtfKind.Int, out BtfLayout layout).Should().BeTrue();
        layout.Should().Be(new BtfLayout(4, 0, 0x1234));
    }

    [Theory]
    [InlineData(4, 23u, BtfErrorCode.BadHeaderLength, 4, "*the header claims 23 bytes of its own; at least 24 and at most 45 are possible*")]
    [InlineData(4, 46u, BtfErrorCode.BadHeaderLength, 4, "*the header claims 46 bytes*")]
    [InlineData(8, 2u, BtfErrorCode.BadSection, 8, "*the type section ends at 18, after the string section begins at 16*")]
    [InlineData(12, 17u, BtfErrorCode.BadSection, 8, "*the type section ends at 17*")]
    [InlineData(12, uint.MaxValue, BtfErrorCode.BadSection, 8, "*the type section ends at 4294967295*")]
    [InlineData(20, 6u, BtfErrorCode.Truncated, 45, "*truncated: the header promises 46 bytes, 1 of them are missing*")]
    [InlineData(20, 0u, BtfErrorCode.BadStrings, 20, "*the string section is empty; if this is a module's BTF, give its base*")]
    [InlineData(20, 4u, BtfErrorCode.BadStrings, 43, "*the string section does not end with a zero byte*")]
    [InlineData(16, 17u, BtfErrorCode.Truncated, 45, "*truncated*")]
    public void A_header_that_is_wrong_is_told_with_its_field(int at, uint value, BtfErrorCode code, long offset, string message)
    {
        byte[] data = Build(_ => { });
        BitConverter.GetBytes(value).CopyTo(data, at);

        BtfFormatException refusal = Refusal(data);

        (refusal.Code, refusal.Offset, refusal.TypeId).Should().Be((code, offset, BtfTypeId.Void));
        refusal.Message.Should().StartWith("types: ").And.Match(message);
    }

    [Theory]
    [InlineData(24, 40u, 28, 8u, "*the layout section (offset 40, 8 bytes) must be aligned to 4 and lie between types and strings*")]
    [InlineData(24, 18u, 28, 4u, "*offset 18*")]
    [InlineData(24, 16u, 28, 6u, "*6 bytes*")]
    [InlineData(24, 12u, 28, 4u, "*offset 12*")]
    public void A_layout_that_lies_elsewhere_is_refused(int at, uint offset, int then, uint length, string message)
    {
        byte[] data = Build(btf => btf.Layout = [(0, 0), (4, 0)]);
        BitConverter.GetBytes(offset).CopyTo(data, at);
        BitConverter.GetBytes(length).CopyTo(data, then);

        BtfFormatException refusal = Refusal(data);

        (refusal.Code, refusal.Offset).Should().Be((BtfErrorCode.BadLayout, 24L));
        refusal.Message.Should().Match(message);
    }

    [Fact]
    public void Types_that_start_between_words_are_refused()
    {
        BtfFormatException refusal = Refusal(Build(btf => btf.GapBeforeTypes = 2));

        (refusal.Code, refusal.Offset).Should().Be((BtfErrorCode.BadSection, 8L));
        refusal.Message.Should().Contain("the type section starts at 2, which is not a multiple of 4");
    }

    [Theory]
    [InlineData(0, BtfErrorCode.TooSmall, "*0 bytes are too few for BTF, whose header alone has 24*")]
    [InlineData(23, BtfErrorCode.TooSmall, "*23 bytes are too few*")]
    [InlineData(24, BtfErrorCode.BadMagic, "*it begins with 00 00, BTF begins with 9f eb or eb 9f*")]
    public void What_is_no_BTF_is_told(int length, BtfErrorCode code, string message)
    {
        BtfFormatException refusal = Refusal(new byte[length]);

        (refusal.Code, refusal.Offset).Should().Be((code, 0L));
        refusal.Message.Should().Match(message);
    }

    [Fact]
    public void A_header_of_32_bytes_has_the_place_of_a_layout_and_longer_ones_more()
    {
        foreach (bool isBigEndian in new[] { false, true })
        {
            BtfHeader header = BtfSpec.Parse(Build(btf => (btf.HeaderLength, btf.HeaderRest, btf.GapBeforeStrings) = (40, [0, 0, 7, 8], 4), isBigEndian)).Header;
            (header.HeaderLength, header.HasLayoutFields, header.LayoutOffset, header.LayoutLength, header.StringOffset, header.Version, header.Flags).Should().Be((40u, true, 0u, 0u, 20u, (byte)1, (byte)0));
            header.IsNative.Should().Be(isBigEndian != BitConverter.IsLittleEndian);
        }

        BtfSpec.Parse(Build(_ => { })).Header.HasLayoutFields.Should().BeFalse();
    }

    [Fact]
    public void A_function_may_stand_before_its_prototype_and_before_others()
    {
        BtfSpec spec = BtfSpec.Parse(Build(btf =>
        {
            _ = btf.Add(BtfKind.Func, "f", 4);
            _ = btf.Add(BtfKind.Func, "g", 4);
            _ = btf.FuncProto(Int);
            _ = btf.Add(BtfKind.Func, "h", 4);
        }));

        spec[new BtfTypeId(2)].Target.Kind.Should().Be(BtfKind.FuncProto);
        Refusal(Build(btf =>
        {
            _ = btf.Add(BtfKind.Func, "f", 3);
            _ = btf.FuncProto(Int);
            _ = btf.Add(BtfKind.Func, "g", Int);
        })).Offset.Should().Be(72, "the second function is looked at as well");
    }
}
