namespace P3Ebpf.Object.Tests.Relocation;

/// <summary>Many threads relocate one object against one target, which nobody has used before.</summary>
public sealed class SharedUseTests
{
    [Fact]
    public void Instructions_and_explanations_are_the_same_for_every_thread()
    {
        byte[] kernel = TestData.Btf("vmlinux-6.1.0-56-cloud-amd64");
        string[] expected = Relocate(ObjectFile.Read("guards"), new CoreTarget(BtfSpec.Parse(kernel)));
        BpfObjectSpec shared = ObjectFile.Read("guards");
        var target = new CoreTarget(BtfSpec.Parse(kernel));

        Race.Run(Race.Times(6, _ => Relocate(shared, target).Should().Equal(expected)));

        // And the results of one relocation, whose texts are made when somebody first asks.
        BpfObjectRelocation relocation = shared.Relocate(target);
        Race.Run(Race.Times(6, _ => Texts(relocation).Should().Equal(expected)));
    }

    private static string[] Relocate(BpfObjectSpec spec, CoreTarget target) => Texts(spec.Relocate(target));

    private static string[] Texts(BpfObjectRelocation relocation) =>
        [.. relocation.Functions.SelectMany(function => function.Results.Select(result => $"{result} {result.Suggestion} {result.Candidates.Count}").Prepend(function.Disassemble()))];
}
