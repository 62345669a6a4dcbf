using System.Text;

namespace P3Ebpf.Object.Tests;

public sealed class BpfStructOpsSpecTests
{
    private static BpfObjectSpec Controls() => ObjectFile.Read("congestion");

    private static IEnumerable<string> Loading(BpfObjectSpec spec) => spec.ProgramsToLoad.Select(program => program.Name);

    [Fact]
    public void Each_variable_is_a_map_and_its_section_says_of_which_sort()
    {
        BpfObjectSpec spec = Controls();
        spec.Maps.Where(map => map.StructOps is not null).Select(map => (map.Name, map.Flags, map.IsAutoCreated, map.StructOps!.TypeName, map.StructOps.KernelTypeName))
            .Should().Equal(
                ("linked", BpfMapFlags.Link, true, "tcp_congestion_ops", "tcp_congestion_ops"),
                ("other", BpfMapFlags.Link, true, "tcp_congestion_ops", "tcp_congestion_ops"),
                ("registered", BpfMapFlags.None, true, "tcp_congestion_ops", "tcp_congestion_ops"),
                ("optional", BpfMapFlags.Link, false, "tcp_congestion_ops", "tcp_congestion_ops"),
                ("later", BpfMapFlags.None, false, "tcp_congestion_ops___later", "tcp_congestion_ops"));
        BpfMapSpec linked = spec.Maps["linked"];
        (linked.Type, linked.KeySize, linked.ValueSize, linked.MaxEntries).Should().Be((BpfMapType.StructOps, 4, 64, 1U));
        linked.InitialValue.Length.Should().Be(64);
        spec.Variables.TryGet("linked", out _).Should().BeFalse("it is no global variable");
        spec.Maps[".bss"].StructOps.Should().BeNull();
    }

    [Fact]
    public void Members_are_programs_or_values()
    {
        BpfStructOpsSpec linked = Controls().Maps["linked"].StructOps!;
        linked.Members.Select(member => (member.Name, member.Offset, member.Size, member.IsCallback, member.Program?.Name)).Should().Equal(
            ("name", 0, 16, false, null),
            ("init", 16, 8, true, "count_init"),
            ("release", 24, 8, true, "count_release"),
            ("ssthresh", 32, 8, true, "threshold"),
            ("undo_cwnd", 40, 8, true, "undo"),
            ("cong_avoid", 48, 8, true, "count_acknowledged"),
            ("flags", 56, 4, false, null));
        Encoding.ASCII.GetString(linked.BytesOf("name")).TrimEnd('\0').Should().Be("p3_linked");
        linked.Set("flags", 2U);
        linked.Get<uint>("flags").Should().Be(2);
        linked.InitialBytes[56].Should().Be(2);
        linked.InitialBytes.Slice(16, 40).ToArray().Should().OnlyContain(b => b == 0, "programs have no address yet");
    }

    [Fact]
    public void Edits_are_checked()
    {
        BpfObjectSpec spec = Controls();
        BpfStructOpsSpec linked = spec.Maps["linked"].StructOps!;
        linked.Invoking(l => l.SetProgram("name", null)).Should().Throw<ArgumentException>().WithMessage("*'name'*no callback*");
        linked.Invoking(l => l.SetProgram("initialise", null)).Should().Throw<KeyNotFoundException>().WithMessage("*'initialise'*ssthresh*");
        linked.Invoking(l => l.SetProgram("init", ObjectFile.Read("globals").Programs["compute"])).Should().Throw<ArgumentException>().WithMessage("*'compute' is of type SocketFilter*");
        linked.Invoking(l => l.Set("flags", 2UL)).Should().Throw<ArgumentException>().WithMessage("*'flags'*4 bytes*UInt64 has 8*");
        linked.Invoking(l => l.Set("init", 2UL)).Should().Throw<ArgumentException>().WithMessage("*'init'*a callback*");
        BpfStructOpsSpec bits = ObjectFile.Read("unfit_ops").Maps["bits"].StructOps!;
        bits.Members["flags"].IsBitfield.Should().BeTrue();
        bits.Invoking(b => b.Set("flags", 2U)).Should().Throw<ArgumentException>().WithMessage("*'flags'*a bitfield*");
    }

    [Fact]
    public void Programs_follow_the_maps_that_use_them()
    {
        BpfObjectSpec spec = Controls();
        Loading(spec).Should().BeEquivalentTo("count_init", "count_other_init", "count_release", "threshold", "undo", "count_acknowledged");

        foreach (BpfMapSpec map in spec.Maps)
            map.IsAutoCreated = map.Name == "later";
        Loading(spec).Should().BeEquivalentTo(["threshold", "undo", "count_acknowledged", "never"], "an optional program is wanted by the map that uses it");

        spec.Maps["later"].StructOps!.SetProgram("no_such_callback", null);
        Loading(spec).Should().BeEquivalentTo("threshold", "undo", "count_acknowledged");
        spec.Maps["later"].StructOps!.SetProgram("cong_avoid", spec.Programs["ignore_acknowledged"]);
        Loading(spec).Should().BeEquivalentTo("threshold", "undo", "ignore_acknowledged");
    }

    [Fact]
    public void Programs_of_no_map_are_left_to_the_object()
    {
        BpfObjectSpec spec = ObjectFile.Read("unfit_ops");
        Loading(spec).Should().BeEmpty();
        spec.Programs["unused"].IsAutoLoaded = true;
        spec.Programs["callback"].IsAutoLoaded = true;
        Loading(spec).Should().Equal(["unused"], "maps that are not created keep the others");
    }

    /// <summary>The two structs of 64 bytes of the section <c>.struct_ops.link</c>, <c>linked</c> and <c>other</c>, as types of a test's own describe them.</summary>
    private static IReadOnlyList<BpfMapSpec> Described(Func<BtfBuilder, BtfSectionVariable[]> describe)
    {
        var types = new BtfBuilder();
        BtfSectionVariable[] variables = describe(types);
        if (variables.Length > 0)
            _ = types.AddDataSec(".struct_ops.link", 128, variables);
        using ElfFile elf = ElfFile.Parse(ObjectFile.Bytes("congestion"));
        elf.TryGetSection(".struct_ops.link", out ElfSection section).Should().BeTrue();
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        return new StructOpsReader("own", types.ToSpec()).Read(section, new ObjectSymbols(table.ReadSymbols()).VariablesIn(section.Index));
    }

    private static BtfSectionVariable[] Variable(BtfBuilder types, BtfTypeId type, string name = "linked", uint offset = 0) =>
        [new(types.AddVar(name, type, BtfLinkage.Global), offset, 64)];

    private static BtfTypeId Ops(BtfBuilder types, uint size, params BtfMember[] members) => types.AddStruct("ops", size, members);

    private static BtfTypeId Number(BtfBuilder types, uint size) => types.AddInt("number", size);

    public static TheoryData<string, long, Func<BtfBuilder, BtfSectionVariable[]>> Misfits => new()
    {
        { "*BTF does not describe it", -1, _ => [] },
        { "*its BTF lists * func work, which is no variable", -1, types => [new(types.AddFunc("work", types.AddFuncProto(default), BtfLinkage.Global), 0, 8)] },
        { "*variable 'linked' is * int number, not a named struct of callbacks", 0, types => Variable(types, Number(types, 4)) },
        { "*variable 'other' is * union u, not a named struct*", 64, types => Variable(types, types.AddUnion("u", 8), "other") },
        { "*variable 'linked' is * struct (anon), not a named struct*", 0, types => Variable(types, types.AddStruct(default, 8)) },
        { "*variable 'linked' of 0 bytes lies outside the section of 128", 0, types => Variable(types, Ops(types, 0)) },
        { "*variable 'linked' of 129 bytes lies outside*", 0, types => Variable(types, Ops(types, 129)) },
        { "*variable 'other' of 65 bytes lies outside*", 64, types => Variable(types, Ops(types, 65), "other") },
        { "*variable 'unknown' of 1 bytes lies outside*", 128, types => Variable(types, Ops(types, 1), "unknown", 128) },
        { "*variable 'unknown' of 1 bytes lies outside*", 129, types => Variable(types, Ops(types, 1), "unknown", 129) },
        { "*member 'a' of struct ops lies outside the struct's 8 bytes", -1, types => Variable(types, Ops(types, 8, new BtfMember("a", Number(types, 4), 40, 0))) },
        { "*member 'a' of struct ops lies outside the struct's 8 bytes", -1, types => Variable(types, Ops(types, 8, new BtfMember("a", Number(types, 16), 0, 0))) },
        { "*member 'a' of struct ops lies outside the struct's 8 bytes", -1, types => Variable(types, Ops(types, 8, new BtfMember("a", Number(types, 4), 72, 1))) },
        { "*its structs have more than 65536 members", -1, types => Variable(types, Many(types, 65_536)) },
    };

    private static BtfTypeId Many(BtfBuilder types, int count)
    {
        BtfTypeId number = Number(types, 1);
        return Ops(types, 64, [.. Enumerable.Repeat(new BtfMember("a", number, 0, 0), count)]);
    }

    [Theory]
    [MemberData(nameof(Misfits))]
    public void What_the_types_say_must_fit_the_section(string message, long offset, Func<BtfBuilder, BtfSectionVariable[]> describe)
    {
        BpfObjectFormatException refusal = FluentActions.Invoking(() => Described(describe)).Should().Throw<BpfObjectFormatException>().WithMessage(message).Which;

        (refusal.Section, refusal.Offset, refusal.File).Should().Be((".struct_ops.link", offset, "own"));
    }

    [Fact]
    public void The_whole_section_and_the_last_bits_of_a_struct_belong_to_it()
    {
        Described(types => Variable(types, Ops(types, 128)))[0].ValueSize.Should().Be(128);
        Described(types => Variable(types, Ops(types, 64), "other"))[0].ValueSize.Should().Be(64);
        Described(types => Variable(types, Many(types, 65_535)))[0].StructOps!.Members.Should().HaveCount(65_535);
        Described(types => Variable(types, Ops(types, 8, new BtfMember("a", Number(types, 4), 32, 0))))[0].StructOps!.Members["a"].Should().BeEquivalentTo(new { Offset = 4, Size = 4, IsBitfield = false });

        // The unit of a bitfield may reach beyond the struct, its bits do not.
        BpfStructOpsSpec bits = Described(types => Variable(types, Ops(types, 4, new BtfMember("a", Number(types, 8), 24, 3), new BtfMember("b", Number(types, 4), 32, 1), new BtfMember("c", Number(types, 1), 9, 0))))[0].StructOps!;
        bits.Members.Select(member => (member.Offset, member.Size, member.IsBitfield)).Should().Equal((3, 1, true), (4, 0, true), (1, 1, true));
    }

    [Fact]
    public void A_struct_is_told_with_its_type()
    {
        BpfStructOpsSpec later = Controls().Maps["later"].StructOps!;
        later.ToString().Should().Be("tcp_congestion_ops___later later");
        Controls().Btf![new BtfTypeId(later.BtfTypeId)].Name.ToString().Should().Be("tcp_congestion_ops___later");
        later.Members[0].ToString().Should().Be("no_such_number");
    }
}
