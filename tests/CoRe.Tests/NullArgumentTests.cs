using P3Ebpf.Btf;

namespace P3Ebpf.CoRe.Tests;

public class NullArgumentTests
{
    private static readonly BtfSpec Spec = new TestBtf().Build();

    public static TheoryData<string, Action> Calls => new()
    {
        { "target", () => _ = new CoreMinimizer(null!) },
        { "result", () => new CoreMinimizer(Spec).Add(null!) },
        { "local", () => _ = new CoreRelocator(null!, new CoreTarget(Spec)) },
        { "target", () => _ = new CoreRelocator(Spec, null!) },
        { "btf", () => _ = new CoreTarget(null!) },
        { "modules", () => CoreTarget.Kernel(Spec, null!) },
        { "local", () => CoreTypeCompatibility.AreCompatible(null!, BtfTypeId.Void, Spec, BtfTypeId.Void) },
        { "target", () => CoreTypeCompatibility.AreCompatible(Spec, BtfTypeId.Void, null!, BtfTypeId.Void) },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Nothing_is_refused_at_once(string parameter, Action call) => call.Should().Throw<ArgumentNullException>().WithParameterName(parameter);
}
