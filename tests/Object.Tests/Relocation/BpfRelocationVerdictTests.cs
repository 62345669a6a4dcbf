namespace P3Ebpf.Object.Tests;

public class BpfRelocationVerdictTests
{
    [Theory]
    [InlineData("bpf/sched_lottery.bpf.o", null, BpfRelocationVerdict.Runs)]
    [InlineData("testdata/bpf/globals.bpf.o", null, BpfRelocationVerdict.Runs)]
    [InlineData("bpf/sched_lottery.bpf.o", "vmlinux-5.10.0-46-cloud-amd64", BpfRelocationVerdict.RunsWithoutMissing)]
    [InlineData("testdata/bpf/missing_field.bpf.o", "vmlinux-7.2.13-amd64", BpfRelocationVerdict.ReachesMissing)]
    public void Says_whether_the_object_runs(string path, string? kernel, BpfRelocationVerdict expected)
    {
        BpfObjectSpec spec = BpfObjectSpec.Read(TestData.PathOf(path));
        BtfSpec target = kernel is null ? spec.Btf! : BtfSpec.Parse(TestData.Btf(kernel));
        spec.Relocate(new CoreTarget(target)).Judge().Should().Be(expected);
    }

    [Fact]
    public void Programs_that_are_not_loaded_do_not_count()
    {
        BpfObjectSpec spec = BpfObjectSpec.Read(TestData.PathOf("testdata/bpf/missing_field.bpf.o"));
        spec.Programs["unguarded"].IsAutoLoaded = false;
        spec.Relocate(new CoreTarget(BtfSpec.Parse(TestData.Btf("vmlinux-7.2.13-amd64")))).Judge().Should().Be(BpfRelocationVerdict.RunsWithoutMissing);
    }

    [Fact]
    public void What_failed_or_is_reached_is_found_by_its_instruction_and_told_with_its_line()
    {
        BpfObjectSpec spec = ObjectFile.Read("missing_field");
        var target = new CoreTarget(CapturedBtf.Read(CapturedBtf.Kernel72));

        BpfObjectRelocation relocation = spec.Relocate(target);

        relocation.Target.Should().BeSameAs(target);
        IReadOnlyList<BpfRelocationFinding> reached = relocation.FindReachedPoison();
        reached.Should().NotBeEmpty().And.OnlyContain(finding => finding.Function.Function.Name == "unguarded");
        BpfRelocationFinding poison = reached[^1];
        poison.Function.ResultAt(poison.Result.InstructionIndex).Should().BeSameAs(poison.Result);
        poison.Function.ResultAt(poison.Result.InstructionIndex + 1).Should().BeNull();

        var failure = new CoreRelocationException(spec, poison.Function.Function, poison.Result);
        failure.Message.Should().Match($"{spec.Path}: CO-RE relocation of unguarded instruction {poison.Result.InstructionIndex} (*missing_field.bpf.c:*) failed: *static_priority*");
        (failure.Function, failure.Result, failure.File, failure.Hint).Should().Be((poison.Function.Function, poison.Result, spec.Path, poison.Result.Suggestion));
        BpfObjectSpec unnamed = BpfObjectSpec.Parse(new PatchedObject("missing_field").Header(".BTF.ext", type: 8).ToArray(), "memory");
        new CoreRelocationException(unnamed, unnamed.Programs[0].Function, poison.Result).Should().Match<CoreRelocationException>(
            each => each.File == "memory" && each.Message.StartsWith($"memory: CO-RE relocation of {unnamed.Programs[0].Name} instruction {poison.Result.InstructionIndex} failed: "));
    }
}
