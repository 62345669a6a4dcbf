namespace P3Ebpf.Object.Tests;

public sealed class DisassemblyTests
{
    [Fact]
    public void A_relocated_function_reads_with_its_source_and_what_CO_RE_did()
    {
        BpfObjectSpec spec = ObjectFile.Read("missing_field");
        BpfObjectRelocation relocation = spec.Relocate(new CoreTarget(BtfSpec.Parse(TestData.Btf(CapturedBtf.Kernel72))));
        string text = relocation[spec.Programs["unguarded"].Function].Disassemble();
        text.Should().Contain("; return READ_INTEGER(task, static_priority);").And.Contain("missing_field.bpf.c:15").And.Contain("(95) exit")
            .And.Contain("static_priority", "the relocation that is missing is named beside its instruction");
    }
}
