namespace P3Ebpf.Object.Tests;

public class CoreMinimizerTests
{
    [Theory]
    [InlineData("sched_lottery", "vmlinux-5.10.0-46-cloud-amd64")]
    [InlineData("sched_lottery", "vmlinux-6.12.117-amd64")]
    [InlineData("sched_lottery", "vmlinux-7.2.13-amd64")]
    [InlineData("sched_lottery", "vmlinux-7.2.13-armhf")]
    public void Relocating_against_the_minimised_BTF_gives_the_same_instructions(string name, string kernel)
    {
        BtfSpec whole = BtfSpec.Parse(TestData.Btf(kernel));
        BpfObjectSpec spec = BpfObjectSpec.Read(TestData.PathOf($"bpf/{name}.bpf.o"));
        BpfObjectRelocation expected = spec.Relocate(new CoreTarget(whole));
        var minimizer = new CoreMinimizer(whole);
        foreach (CoreRelocationResult result in expected.Functions.SelectMany(function => function.Results))
            minimizer.Add(result);

        byte[] bytes = minimizer.ToArray();
        BtfSpec minimised = BtfSpec.Parse(bytes);
        BpfObjectRelocation actual = spec.Relocate(new CoreTarget(minimised));

        expected.Succeeded.Should().BeTrue();
        bytes.Length.Should().BeLessThan(4096);
        minimised.PointerSize.Should().Be(whole.PointerSize);
        foreach (BpfRelocatedFunction function in expected.Functions)
            actual[function.Function].Instructions.Should().Equal(function.Instructions);
    }
}
