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
}
