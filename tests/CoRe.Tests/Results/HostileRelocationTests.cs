using P3Ebpf.Btf;

namespace P3Ebpf.CoRe.Tests;

/// <summary>Objects and targets that are made to cost: what explanations and advice take is bounded, whatever is asked.</summary>
public sealed class HostileRelocationTests
{
    [Fact]
    public void Of_very_many_candidates_the_first_are_explained_and_all_are_counted()
    {
        const int Namesakes = 2000, Asked = 100;
        var local = new TestBtf();
        uint root = local.Struct("s", 4, new TestMember("wanted", local.S32, 0));
        var target = new TestBtf();
        for (uint i = 0; i < Namesakes; i++)
            _ = target.Struct("s", 4 + i, new TestMember("other", target.S32, 0));
        TestRelocation[] relocations = [.. Enumerable.Range(0, Asked).Select(_ => new TestRelocation(root, "0:0", CoreRelocationKind.FieldByteOffset, TestRelocation.Move(0)))];

        CoreRelocationResult[] results = TestRelocation.Apply(local, target, relocations);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (CoreRelocationResult result in results)
        {
            result.Candidates.Should().HaveCount(64);
            result.Message.Should().StartWith($"none of {Namesakes} types named struct s fits").And.EndWith($"and {Namesakes - 4} more");
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(Asked * 256L * 1024);
    }

    [Fact]
    public void Advice_for_very_many_missing_types_is_looked_for_within_limits()
    {
        const int Missing = 300, There = 2000, Levels = 24;
        var local = new TestBtf();
        uint[] roots = [.. Enumerable.Range(0, Missing).Select(i => local.Struct($"missing_{i}_of_many", 8, new TestMember($"a{i}", local.S32, 0), new TestMember($"b{i}", local.S32, 32)))];
        var target = new TestBtf();

        // Unnamed structs that hold the one before twice: thousands of members in a few bytes.
        uint inner = target.S32;
        for (int i = 0; i < Levels; i++)
            inner = target.Union("", 4, new TestMember("", inner, 0), new TestMember(i == 0 ? "x" : "", inner, 0));
        for (int i = 0; i < There; i++)
            _ = target.Struct($"t{i}", 4, new TestMember("", inner, 0));
        TestRelocation[] relocations = [.. roots.Select(root => new TestRelocation(root, "0:0", CoreRelocationKind.FieldByteOffset, TestRelocation.Move(0)))];

        CoreRelocationResult[] results = TestRelocation.Apply(local, target, relocations);
        long before = GC.GetAllocatedBytesForCurrentThread();
        results.Should().OnlyContain(result => result.Suggestion!.Contains("bpf_core_type_exists", StringComparison.Ordinal));
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(32L << 20);
    }

    [Fact]
    public void A_name_that_no_compiler_makes_is_cut_short()
    {
        var local = new TestBtf();
        string name = new('n', 100_000);
        uint root = local.Struct(name, 4, new TestMember("wanted", local.S32, 0));

        CoreRelocationResult result = TestRelocation.Ask(local, new TestBtf(), root, "0:0", CoreRelocationKind.FieldByteOffset, 0);

        result.ToString().Length.Should().BeLessThan(2000);
        result.Suggestion!.Length.Should().BeLessThan(2000);
        result.Local.Should().StartWith("struct nnn").And.Contain("...");
    }

    [Theory]
    [InlineData("letters", CoreRelocationKind.FieldByteOffset, "the access string \"xxx*...\" is no list of numbers separated by colons")]
    [InlineData("letters", CoreRelocationKind.TypeExists, "the access string of struct nnn*... is \"xxx*...\"; for a type it must be \"0\"")]
    [InlineData("numbers", CoreRelocationKind.FieldByteOffset, "the access string \"0:0:0:*...\" has more than 64 numbers")]
    [InlineData("0:1", CoreRelocationKind.FieldByteOffset, "[*] struct nnn*... has 1 members, and none with number 1")]
    [InlineData("0:0:0", CoreRelocationKind.FieldByteOffset, "step 2 of the access string goes into [*] struct (forward) fff*..., which has neither members nor elements")]
    [InlineData("0:0", CoreRelocationKind.FieldByteSize, "[*] struct (forward) fff*... has no size")]
    public void A_string_that_no_compiler_makes_stands_in_no_message_as_a_whole(string access, CoreRelocationKind kind, string message)
    {
        const int Length = 100_000, Asked = 64;
        var local = new TestBtf();
        uint root = local.Struct(new string('n', Length), 4, new TestMember("wanted", local.Fwd(new string('f', Length)), 0));
        uint offset = local.String(access switch
        {
            "letters" => new string('x', Length),
            "numbers" => string.Join(":", Enumerable.Repeat("0", Length)),
            _ => access,
        });
        var relocator = new CoreRelocator(local.Build(), new CoreTarget(local.Build()));
        var record = new CoreRelocationRecord(0, new BtfTypeId(root), offset, kind);
        _ = relocator.Relocate(record, [TestRelocation.Move(0)], 0);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Asked; i++)
            _ = relocator.Relocate(record, [TestRelocation.Move(0)], 0);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        relocator.Report.Results.Should().HaveCount(Asked + 1).And.OnlyContain(result => result.Outcome == CoreRelocationOutcome.Failed && result.Message!.Length < 1000);
        relocator.Report.Results[0].Message.Should().Match(message);
        allocated.Should().BeLessThan(Asked * 16 * 1024);
    }
}
