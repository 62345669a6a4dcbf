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
}
