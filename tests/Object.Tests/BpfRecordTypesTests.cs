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
}
