using P3Ebpf.Object.Requirements;

namespace P3Ebpf.Object.Tests;

public sealed class NullArgumentTests
{
    private static readonly BpfObjectSpec Spec = ObjectFile.Read("globals");

    public static TheoryData<string, Action> Calls => new()
    {
        { "sectionName", () => BpfAttachPoint.Parse(null!) },
        { "sectionName", () => BpfSectionDefinitions.Near(null!) },
        { "arguments", () => UsdtArguments.Parse(null!, ElfMachine.X64) },
        { "spec", () => BpfTargetAssessment.Of(null!, new CoreTarget(Spec.Btf!)) },
        { "target", () => BpfTargetAssessment.Of(Spec, null!) },
        { "spec", () => BpfRecordTypes.SizesOf(null!, Spec.Maps[0]) },
        { "spec", () => BpfRecordTypes.Guess(null!, Spec.Maps[0]) },
        { "stream", () => BpfObjectSpec.Read(null!, "name") },
        { "spec", () => BpfObjectRelocating.Relocate(null!, target: null) },
        { "target", () => ObjectFile.Read("missing_field").Relocate(target: null) },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Nothing_is_refused_at_once(string parameter, Action call) => call.Should().Throw<ArgumentNullException>().WithParameterName(parameter);
}
