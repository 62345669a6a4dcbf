using static P3Ebpf.CoRe.BpfInstruction;

namespace P3Ebpf.Object.Tests;

/// <summary>Functions by their place in a section, and the source lines of their instructions.</summary>
public sealed class BpfFunctionTests
{
    private static BpfFunction Function(string name, string section, int index, int offset, int length, BtfSpec? btf = null) =>
        new(name, section, index, offset, [.. Enumerable.Repeat(Exit(), length)], btf);

    [Fact]
    public void A_function_is_found_by_any_of_its_instructions_and_by_its_first()
    {
        // Of two sections with one name, which a file may have, the name means the first.
        BpfFunctionTable table = new([Function("second", "socket", 2, 3, 2), Function("first", "socket", 2, 0, 2), Function("late", "tc", 5, 1, 4), Function("twin", "socket", 7, 0, 9)]);
        string? Found(int section, long at) => table.Find(section, at)?.Name;

        table.All.Select(function => function.Name).Should().Equal("first", "second", "late", "twin");
        Enumerable.Range(-1, 7).Select(at => Found(2, at)).Should().Equal(null, "first", "first", null, "second", "second", null);
        Enumerable.Range(0, 6).Select(at => Found(5, at)).Should().Equal(null, "late", "late", "late", "late", null);
        (Found(1, 0), Found(3, 0), Found(6, 4), Found(8, 0), Found(7, 8), Found(2, long.MaxValue)).Should().Be((null, null, null, null, "twin", null));
        (table.Find("socket", 4)?.Name, table.Find("socket", 6)?.Name, table.Find("xdp", 0)?.Name).Should().Be(("second", null, null));
        (table.FindStart(2, 3)?.Name, table.FindStart(2, 4)?.Name, table.FindStart("tc", 1)?.Name, table.FindStart("tc", 2)?.Name).Should().Be(("second", null, "late", null));
        new BpfFunctionTable([]).Find(0, 0).Should().BeNull();
    }

    [Fact]
    public void An_instruction_is_of_the_last_line_that_begins_before_it()
    {
        var types = new BtfBuilder();
        (uint file, uint line, uint section) = (types.AddString("a.c"), types.AddString("  return 0;"), types.AddString("socket"));
        BtfSpec btf = types.ToSpec();
        uint[] Line(uint byteOffset, uint text, uint number) => [byteOffset, file, text, (number << 10) | 5];
        BtfExt ext = BtfExt.Parse(new ExtBytes().Table(1, 16, [section, 4, .. Line(8, line, 10), .. Line(24, line, 12), .. Line(32, 999, 20), .. Line(64, line, 30)]).Build(), btf);
        BpfFunction first = Function("first", "socket", 2, 0, 4, btf), second = Function("second", "socket", 2, 4, 2, btf), other = Function("other", "tc", 3, 0, 1, btf);
        first.SourceLineOf(1).Should().BeNull("nothing is known yet");

        new BpfFunctionTable([first, second, other]).AssignLines(ext);

        first.SourceLineOf(0).Should().BeNull();
        first.SourceLineOf(1).Should().Be(new BpfSourceLine("a.c", 10, 5, "return 0;"));
        first.SourceLineOf(2)!.Line.Should().Be(10);
        first.SourceLineOf(3)!.Line.Should().Be(12);
        second.SourceLineOf(0).Should().Be(new BpfSourceLine("a.c", 20, 5, ""), "its text is nowhere");
        second.SourceLineOf(1)!.ToString().Should().Be("a.c:20");
        other.SourceLineOf(0).Should().BeNull();
    }

    [Fact]
    public void A_subprogram_is_what_stands_in_text()
    {
        BpfFunction sub = Function("sub", ".text", 1, 3, 2);

        (sub.IsSubprogram, Function("main", "socket", 1, 0, 1).IsSubprogram).Should().Be((true, false));
        Enumerable.Range(2, 4).Select(at => sub.Contains(at)).Should().Equal(false, true, true, false);
        sub.ToString().Should().Be("sub");
    }
}
