namespace P3Ebpf.Loader.Tests;

/// <summary>What is said to be reached, on kernels that need not run.</summary>
public sealed class ReachedPoisonTests
{
    private const string AnyKernel = "vmlinux-7.2.13-amd64";

    public static TheoryData<string> Kernels => [.. Directory.GetFiles(TestData.PathOf("testdata/btf"), "vmlinux-*-amd64.btf.gz")
        .Select(path => Path.GetFileName(path).Replace(".btf.gz", "", StringComparison.Ordinal))];

    public static TheoryData<string, string> Programs =>
    [
        .. from name in new[] { "missing_field", "guards" }
           from program in ObjectFile.Read(name).Programs
           select (name, program.Name),
    ];

    private static CoreTarget Target(string kernel) => new(BtfSpec.Parse(TestData.Btf(kernel)));

    /// <summary>The object with no other program to be loaded.</summary>
    internal static BpfObjectSpec Only(string name, string program)
    {
        BpfObjectSpec spec = ObjectFile.Read(name);
        foreach (BpfProgramSpec other in spec.Programs)
            other.IsAutoLoaded = other.Name == program;
        return spec;
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void The_lottery_scheduler_reaches_nothing_that_is_missing(string kernel)
    {
        BpfObjectRelocation relocation = ObjectFile.Read("sched_lottery").Relocate(Target(kernel));
        relocation.Functions.SelectMany(f => f.Results).Should().Contain(r => r.Outcome == CoreRelocationOutcome.Poisoned);
        relocation.FindReachedPoison().Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Names_tell_what_is_reached(string name, string program)
    {
        BpfObjectRelocation relocation = Only(name, program).Relocate(Target(AnyKernel));
        bool isFine = program.StartsWith("fine", StringComparison.Ordinal) || program == "guarded";
        if (isFine)
            relocation.FindReachedPoison().Should().BeEmpty();
        else
            relocation.FindReachedPoison().Should().NotBeEmpty().And.OnlyContain(r => r.Result.Local.StartsWith("struct task_struct.static_priority"));
    }

    [Fact]
    public void Constant_variables_count_with_the_values_that_they_are_given()
    {
        BpfObjectSpec spec = Only("guards", "bad_by_constant_variable");
        spec.Variables["on"].Set(0u);
        spec.Relocate(Target(AnyKernel)).FindReachedPoison().Should().BeEmpty();
    }

    [Fact]
    public void What_a_subprogram_reaches_is_its_own()
    {
        (BpfRelocatedFunction function, _) = Only("guards", "bad_by_call").Relocate(Target(AnyKernel)).FindReachedPoison()[0];
        function.Function.Name.Should().Be("read_when_called");
    }
}

/// <summary>What is said to be reached is what the verifier rejects, and nothing else.</summary>
[KernelTests]
public sealed class ReachedPoisonVerifierTests
{
    [Theory]
    [MemberData(nameof(ReachedPoisonTests.Programs), MemberType = typeof(ReachedPoisonTests))]
    public void The_verifier_agrees(string name, string program)
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        BpfObjectSpec spec = ReachedPoisonTests.Only(name, program);
        bool isReached = spec.Relocate(Kernel.Running.CoreTarget).FindReachedPoison().Count > 0;

        BpfVerifierException? refusal = null;
        try
        {
            using BpfObject loaded = spec.Load();
        }
        catch (BpfVerifierException e)
        {
            refusal = e;
        }

        (refusal is not null).Should().Be(isReached, refusal?.Log);
        if (refusal is not null)
            refusal.Log.Should().Contain(CorePoison.VerifierMessage.Split('#')[1]);
    }
}
