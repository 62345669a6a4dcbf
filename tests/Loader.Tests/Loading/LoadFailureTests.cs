namespace P3Ebpf.Loader.Tests;

/// <summary>A failed load says what is wrong in the words of the source, and leaves nothing behind.</summary>
[KernelTests]
public sealed class LoadFailureTests : IDisposable
{
    private readonly string[] _before;

    public LoadFailureTests()
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        _before = OpenDescriptors.OfTheKernel;
    }

    public void Dispose() => OpenDescriptors.Beyond(_before).Should().BeEmpty();

    private static int LineOf(string name, string text) =>
        1 + Array.FindIndex(File.ReadAllLines(TestData.PathOf($"testdata/bpf/{name}.bpf.c")), line => line.Contains(text, StringComparison.Ordinal));

    [Fact]
    public void The_verifiers_refusal_names_the_source_line()
    {
        BpfVerifierException error = FluentActions.Invoking(() => ObjectFile.Read("rejected").Load()).Should().Throw<BpfVerifierException>().Which;
        error.ProgramName.Should().Be("unchecked_lookup");
        error.ErrnoName.Should().Be("EACCES");
        error.SourceLine.Should().Contain($"rejected.bpf.c:{LineOf("rejected", "the line the verifier names")}").And.Contain("return *count");
        error.Log.Should().Contain("map_value_or_null");
        error.DecisiveLines[^1].Should().Contain("map_value_or_null");
    }

    [Fact]
    public void A_poisoned_instruction_that_is_reached_names_its_relocation()
    {
        BpfVerifierException error = FluentActions.Invoking(() => ObjectFile.Read("missing_field").Load()).Should().Throw<BpfVerifierException>().Which;
        error.ProgramName.Should().Be("unguarded");
        error.SourceLine.Should().Contain($"missing_field.bpf.c:{LineOf("missing_field", "the line the loader names")}");
        error.Message.Should().Contain("struct task_struct.static_priority").And.NotContain("195896080");
        error.Log.Should().Contain("195896080");
        error.Hint.Should().Contain("static_prio");

        BpfObjectSpec spec = ObjectFile.Read("missing_field");
        spec.Programs["unguarded"].IsAutoLoaded = false;
        using BpfObject loaded = spec.Load();
        loaded.Programs.Should().ContainSingle().Which.Name.Should().Be("guarded");
        loaded.Relocation[spec.Programs["guarded"].Function].Results.Should().Contain(r => r.Outcome == CoreRelocationOutcome.Poisoned);
    }

    [Fact]
    public void A_map_that_is_not_created_is_named_where_it_is_used()
    {
        BpfObjectSpec spec = ObjectFile.Read("rejected");
        spec.Maps["counts"].IsAutoCreated = false;
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfVerifierException>().Which.Explanation.Should().Contain("'counts', which was not created");
    }

    [Fact]
    public void Pins_and_directories_of_a_failed_load_go_away()
    {
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = ObjectFile.Read("rejected");
        spec.Maps["counts"].PinPath = pins["some/where"];
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfVerifierException>();
        pins.Entries.Should().BeEmpty();
    }

    [Fact]
    public void A_map_that_the_kernel_refuses_ends_the_load()
    {
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Maps["numbers"].KeySize = 3;
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>().WithText("*'numbers'*EINVAL*");
    }

    [Fact]
    public void A_program_of_no_known_type_is_refused_with_advice()
    {
        BpfObjectSpec spec = ObjectFile.Read("rejected");
        spec.Programs[0].Type = BpfProgramType.Unspec;
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfObjectFormatException>().Which.Hint.Should().Contain("section name");
    }

    [Fact]
    public void A_foreign_byte_order_is_refused()
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "The object is of this machine's byte order.");
        FluentActions.Invoking(() => ObjectFile.Read("big_endian").Load()).Should().Throw<BpfObjectFormatException>()
            .WithMessage("*BigEndian*").Which.Hint.Should().Contain("-target");
    }
}
