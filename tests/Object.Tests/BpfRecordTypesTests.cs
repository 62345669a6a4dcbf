using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Object.Tests;

public sealed class BpfRecordTypesTests
{
    private static readonly BpfObjectSpec Spec = BpfObjectSpec.Read(TestData.PathOf("testdata/bpf/records.bpf.o"));

    [Fact]
    public void Sizes_are_those_that_are_reserved_and_sent()
    {
        BpfRecordTypes.SizesOf(Spec, Spec.Maps["events"]).Should().Equal(5, 32);
        BpfRecordTypes.SizesOf(Spec, Spec.Maps["samples"]).Should().Equal(32);
        BpfRecordTypes.SizesOf(Spec, Spec.Maps["last"]).Should().BeEmpty();
    }

    [Fact]
    public void A_type_is_the_one_struct_of_that_size()
    {
        BpfRecordTypes.Guess(Spec, Spec.Maps["events"]).Select(type => type.Name.ToString()).Should().Equal("event");
        BpfRecordTypes.Guess(Spec, Spec.Maps["samples"]).Select(type => type.Name.ToString()).Should().Equal("event");
    }

    [Fact]
    public void The_source_names_the_records_of_buffers_and_iterators()
    {
        BpfObjectSpec spec = ObjectFile.Read("typed_records");
        string Named(uint id) => id == 0 ? "" : spec.Btf![new BtfTypeId(id)].Name.ToString();

        Named(spec.Maps["commands"].BtfRecordTypeId).Should().Be("command");
        Named(spec.Programs["walk"].BtfRecordTypeId).Should().Be("process");
        Named(spec.Programs["drain"].BtfRecordTypeId).Should().BeEmpty();
        spec.Maps.Where(map => map.Name != "commands").Should().OnlyContain(map => map.BtfRecordTypeId == 0);
        BpfRecordTypes.Guess(spec, spec.Maps["commands"]).Select(type => type.Name.ToString()).Should().Equal("command");
        spec.Programs.Should().OnlyContain(program => program.Btf == spec.Btf);
        Spec.Programs["walk"].BtfRecordTypeId.Should().Be(0);
    }

    /// <summary>What is sent through the map of a program's own instructions; the map is loaded by the first two.</summary>
    private static IEnumerable<int> Sizes(params BpfInstruction[] code)
    {
        var map = new BpfMapSpec("events");
        BpfFunction main = OwnObject.Code("main", "socket", 0, [.. Load64(R1, 0), .. code, Exit()], new(0, BpfRelocationKind.Map, Map: map), new(0, BpfRelocationKind.Map, Map: new BpfMapSpec("second")));
        return BpfRecordTypes.SizesOf(OwnObject.Of(functions: [main], maps: [map]), map);
    }

    [Fact]
    public void A_size_is_the_constant_that_its_argument_has_at_the_call()
    {
        BpfInstruction reserve = Call(BpfHelper.RingbufReserve), output = Call(BpfHelper.RingbufOutput), perf = Call(BpfHelper.PerfEventOutput);
        BpfInstruction[] padding = [.. Enumerable.Repeat(MovImmediate(R6, 0), 61)];

        Sizes(MovImmediate(R2, 24), reserve).Should().Equal(24);
        Sizes(MovImmediate32(R2, 24), reserve).Should().Equal(24);
        Sizes(MovImmediate(R3, 24), MovImmediate(R2, 9), output).Should().Equal(24);
        Sizes(Mov(R2, R1), MovImmediate(R5, 24), MovImmediate(R3, 9), perf).Should().Equal(24);
        Sizes(MovImmediate(R6, 24), Mov(R2, R6), reserve).Should().Equal([24], "copies are followed");
        Sizes(MovImmediate(R7, 24), Mov(R8, R1), Call(BpfHelper.KtimeGetNs), Mov(R1, R8), Mov(R2, R7), reserve).Should().Equal([24], "calls keep the registers of the caller");
        Sizes([.. padding, MovImmediate(R2, 24), reserve]).Should().Equal([24], "62 instructions lie between");
        Sizes([.. padding, MovImmediate(R6, 0), MovImmediate(R2, 24), reserve]).Should().BeEmpty("that is too far back");

        Sizes(MovImmediate(R2, 24), Call(BpfHelper.KtimeGetNs), reserve).Should().BeEmpty("a call ends what its arguments were");
        Sizes(MovImmediate(R2, 24), AddImmediate(R2, 1), reserve).Should().BeEmpty();
        Sizes(MovImmediate(R2, 0), reserve).Should().BeEmpty();
        Sizes(MovImmediate(R2, 24), Call((BpfHelper)1)).Should().BeEmpty();
        Sizes(MovImmediate(R2, 24), CallSubprogram((int)BpfHelper.RingbufReserve)).Should().BeEmpty();
        Sizes([.. Load64(R2, 24), reserve]).Should().BeEmpty("no compiler loads a size so");
        Sizes(LoadMemory(BpfAccessSize.Word, R2, R6, 0), reserve).Should().BeEmpty();
        Sizes(StoreMemory(BpfAccessSize.Word, R2, 0, R6), MovImmediate(R2, 24), StoreMemory(BpfAccessSize.Word, R2, 0, R6), reserve).Should().Equal([24], "a store writes no register");
        Sizes(reserve).Should().BeEmpty();
    }

    [Fact]
    public void Of_several_structs_of_a_size_that_counts_which_is_used_for_nothing_else()
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("int", 4);
        BtfTypeId first = types.AddStruct("first", 24), second = types.AddStruct("second", 24), third = types.AddStruct("third", 24);
        _ = types.AddStruct(default, 24);
        _ = types.AddStruct("longer", 32);
        _ = types.AddUnion("union", 24);
        uint section = types.AddString("socket"), access = types.AddString("0");
        BtfSpec btf = types.ToSpec();
        var map = new BpfMapSpec("events");
        BpfFunction main = OwnObject.Code("main", "socket", 0, [.. Load64(R1, 0), MovImmediate(R2, 24), Call(BpfHelper.RingbufReserve), Exit()], new BpfRelocation(0, BpfRelocationKind.Map, Map: map));
        BtfExt relocated = BtfExt.Parse(new ExtBytes().Table(2, 16, section, 1, 32, first.Value, access, (uint)CoreRelocationKind.TypeSize).Build(), btf);
        string Guess(BtfExt? ext, params BpfMapSpec[] others) => string.Join(' ', BpfRecordTypes.Guess(OwnObject.Of(btf, ext, [main], [map, .. others]), map).Select(type => type.Name));
        var values = new BpfMapSpec("values") { BtfKeyTypeId = number.Value, BtfValueTypeId = second.Value };

        Guess(null).Should().BeEmpty("it may be any of three");
        Guess(relocated).Should().BeEmpty();
        Guess(relocated, values).Should().Be("third");
        Guess(null, values, new BpfMapSpec("keys") { BtfKeyTypeId = third.Value }).Should().Be("first");
        map.BtfRecordTypeId = second.Value;
        Guess(null).Should().Be("second", "the source says so");
        BpfRecordTypes.Guess(OwnObject.Of(functions: [main], maps: [map]), map).Should().BeEmpty();
    }
}
