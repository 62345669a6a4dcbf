namespace P3Ebpf.Btf.Tests.Ext;

/// <summary>What stands beside the types of an object: functions, lines and CO-RE relocations of its instructions.</summary>
public sealed class BtfExtTests
{
    // Strings: 1 "int", 5 "work", 10 ".text", 16 "socket", 23 "a.c", 27 "return 0;", 37 "0:1".
    private static readonly BtfSpec Types = ObjectTypes();

    public static TheoryData<byte[], BtfErrorCode, long, string> Defects => new()
    {
        { new byte[7], BtfErrorCode.TooSmall, 0, "*.BTF.ext of 7 bytes is too small*" },
        { new byte[8], BtfErrorCode.BadMagic, 0, "*it begins with 00 00*" },
        { With(Sample(), 2, 2), BtfErrorCode.UnsupportedVersion, 2, "*version 2 and flags 0*" },
        { With(Sample(), 3, 1), BtfErrorCode.UnsupportedVersion, 2, "*version 1 and flags 1*" },
        { With(Sample(), 4, 23), BtfErrorCode.BadHeaderLength, 4, "*a header length of 23 bytes in *" },
        { With(Sample(), 5, 255), BtfErrorCode.BadHeaderLength, 4, "*a header length of 65312 bytes in *" },
        { new ExtBytes().Build(), BtfErrorCode.BadHeaderLength, 4, "*a header but no data*" },
        { One(place: ext => ext.Place(0, 2, 24)), BtfErrorCode.BadSection, 8, "*function information start at 2, which is not a multiple of 4*" },
        { One(place: ext => ext.Place(0, 4, 24)), BtfErrorCode.BadSection, 8, "*function information of 24 bytes at 4 lie outside the 20 bytes of data*" },
        { One(place: ext => ext.Place(0, 0, 24)), BtfErrorCode.BadSection, 8, "*of 24 bytes at 0 lie outside the 20 bytes of data*" },
        { One(place: ext => ext.Place(1, uint.MaxValue - 3, 8)), BtfErrorCode.BadSection, 16, "*line information of 8 bytes at 4294967292 lie outside*" },
        { One(place: ext => ext.Place(2, 0, 3)), BtfErrorCode.BadSection, 24, "*CO-RE relocations of 3 bytes at 0 lie outside*" },
        { Functions(4, 10, 1, 0), BtfErrorCode.BadExtRecord, 32, "*records of 4 bytes; 8 or more were expected*" },
        { Functions(10, 10, 1, 0, 1), BtfErrorCode.BadExtRecord, 32, "*records of 10 bytes*" },
        { Functions(24, 10, 1, 0, 1), BtfErrorCode.BadExtRecord, 32, "*records of 24 bytes*" },
        { Functions(8, 10), BtfErrorCode.BadExtRecord, 36, "*4 bytes are left at the end of the function information*" },
        { Functions(8, 10, 0, 0, 2), BtfErrorCode.BadExtRecord, 40, "*a section of the function information has no records*" },
        { Functions(8, 10, 2, 0, 2), BtfErrorCode.BadExtRecord, 40, "*2 records of 8 bytes run past the end*" },
        { Functions(8, 10, 0x2000_0001, 0, 2), BtfErrorCode.BadExtRecord, 40, "*536870913 records of 8 bytes run past the end*" },
        { Functions(8, 41, 1, 0, 2), BtfErrorCode.BadStringOffset, 36, "*the name of a section of the function information lies outside*" },
        { Functions(8, 10, 1, 0, 2, 16, 1, 0), BtfErrorCode.BadExtRecord, 56, "*1 records of 8 bytes run past the end*" },
        { new ExtBytes().Table(0, 8).Build(), BtfErrorCode.BadExtRecord, 32, "*records of 8 bytes*" },
        { new ExtBytes { IsBigEndian = true }.Table(0, 12, 10, 1, 0, 2, 0).Build(), BtfErrorCode.BadExtRecord, 32, "*records of 12 bytes*" },
    };

    [Theory]
    [InlineData(false, 32u)]
    [InlineData(true, 32u)]
    [InlineData(false, 40u)]
    [InlineData(true, 40u)]
    public void Every_record_is_read_in_either_byte_order_and_behind_a_longer_header(bool isBigEndian, uint headerLength)
    {
        byte[] data = Sample(isBigEndian, headerLength);
        byte[] before = [.. data];

        BtfExt ext = BtfExt.Parse(data, Types);

        data.Should().Equal(before, "what was given does not change");
        ext.FuncInfo.RecordLength.Should().Be(8);
        ext.FuncInfo.Count.Should().Be(3);
        ext.FuncInfo.Sections.Select(section => section.SectionName.ToString()).Should().Equal(".text", "socket");
        RecordsOf(ext.FuncInfo).Should().Equal(new BtfFuncInfo(0, new(3)), new BtfFuncInfo(16, new(2)), new BtfFuncInfo(0x0102_0304, new(1)));
        ext.LineInfo.RecordLength.Should().Be(16);
        BtfLineInfo line = RecordsOf(ext.LineInfo).Should().ContainSingle().Subject;
        line.Should().Be(new BtfLineInfo(8, 23, 27, (42 << 10) | 7));
        (line.Line, line.Column).Should().Be((42, 7));
        ext.CoreRelocations.RecordLength.Should().Be(16);
        RecordsOf(ext.CoreRelocations).Should().Equal(
            new CoreRelocationRecord(24, new(1), 37, CoreRelocationKind.EnumValue), new CoreRelocationRecord(32, new(2), 37, CoreRelocationKind.FieldExists));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_short_header_knows_no_relocations(bool isBigEndian)
    {
        BtfExt ext = BtfExt.Parse(Sample(isBigEndian, headerLength: 24), Types);

        ext.CoreRelocations.Sections.Should().BeEmpty();
        (ext.CoreRelocations.Count, ext.CoreRelocations.RecordLength).Should().Be((0, 0));
        (ext.FuncInfo.Count, ext.LineInfo.Count).Should().Be((3, 1));
    }

    [Fact]
    public void Of_longer_records_the_known_part_is_read_and_the_rest_is_kept()
    {
        BtfExt ext = BtfExt.Parse(new ExtBytes().Table(0, 12, 10, 2, 0, 3, 77, 8, 2, 78).Build(), Types);

        ext.FuncInfo.RecordLength.Should().Be(12);
        RecordsOf(ext.FuncInfo).Should().Equal(new BtfFuncInfo(0, new(3)), new BtfFuncInfo(8, new(2)));
        BtfExtSection<BtfFuncInfo> section = ext.FuncInfo.Sections[0];
        section.RecordBytes(1).ToArray().Should().Equal(8, 0, 0, 0, 2, 0, 0, 0, 78, 0, 0, 0);
        FluentActions.Invoking(() => section[2]).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => section[-1]).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_part_of_an_array_is_read_as_well()
    {
        byte[] sample = Sample();
        byte[] around = [1, 2, 3, 4, .. sample, 5, 6, 7, 8];

        RecordsOf(BtfExt.Parse(around.AsMemory(4, sample.Length), Types).FuncInfo).Should().Equal(RecordsOf(BtfExt.Parse(sample, Types).FuncInfo));
    }

    [Theory]
    [MemberData(nameof(Defects))]
    public void A_defect_is_told_with_its_place(byte[] data, BtfErrorCode code, long offset, string message)
    {
        BtfFormatException defect = FluentActions.Invoking(() => BtfExt.Parse(data, Types, "object.o")).Should().Throw<BtfFormatException>().WithMessage(message).Which;

        (defect.Code, defect.Offset, defect.File).Should().Be((code, offset, "object.o"));
    }

    [Fact]
    public void Records_need_the_types_of_their_object() => FluentActions.Invoking(() => BtfExt.Parse(Sample(), null!)).Should().Throw<ArgumentNullException>().WithParameterName("spec");

    private static BtfSpec ObjectTypes()
    {
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt("int", 4, BtfIntEncoding.Signed);
        BtfTypeId prototype = builder.AddFuncProto(number);
        _ = builder.AddFunc("work", prototype, BtfLinkage.Global);
        foreach (string text in new[] { ".text", "socket", "a.c", "return 0;", "0:1" })
            _ = builder.AddString(text);
        return builder.ToSpec();
    }

    private static byte[] Sample(bool isBigEndian = false, uint headerLength = 32) => new ExtBytes { IsBigEndian = isBigEndian, HeaderLength = headerLength }
        .Table(0, 8, 10, 2, 0, 3, 16, 2, 16, 1, 0x0102_0304, 1)
        .Table(1, 16, 16, 1, 8, 23, 27, (42 << 10) | 7)
        .Table(2, 16, 10, 2, 24, 1, 37, 11, 32, 2, 37, 2).Build();

    private static byte[] One(Func<ExtBytes, ExtBytes> place) => place(new ExtBytes().Table(0, 8, 10, 1, 0, 3)).Build();

    private static byte[] Functions(uint recordLength, params uint[] words) => new ExtBytes().Table(0, recordLength, words).Build();

    private static byte[] With(byte[] data, int at, byte value)
    {
        data[at] = value;
        return data;
    }

    private static List<TRecord> RecordsOf<TRecord>(BtfExtTable<TRecord> table)
        where TRecord : unmanaged => [.. table.Sections.SelectMany(section => Enumerable.Range(0, section.Count).Select(i => section[i]))];
}
