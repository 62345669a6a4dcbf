namespace P3Ebpf.Loader.Tests;

/// <summary>What is read out of a verifier's log, whole or cut.</summary>
public sealed class VerifierVerdictTests
{
    private const string Trailer = "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

    private const string Walk = """
        func#0 @0
        0: R1=ctx(id=0,off=0,imm=0) R10=fp0
        ; return lookup()->count; /* rejected */
        0: (61) r0 = *(u32 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'

        """;

    [Theory]
    [InlineData(Walk + Trailer)]
    [InlineData(Walk)]
    public void A_log_that_reaches_its_end_has_the_reason_there(string log)
    {
        VerifierVerdict verdict = VerifierVerdict.Parse(log);
        verdict.Reason.Should().Be("R0 invalid mem access 'map_value_or_null'");
        verdict.IsCut.Should().BeFalse();
    }

    [Theory]
    [InlineData("4: (07) r1 += 1\n5: (a5) if r1 < 0x989680 goto pc-3\n")]
    [InlineData("4: (07) r1 += 1\nfrom 5 to 3: R0=inv0 R1_w=inv1 R10=fp0\n")]
    [InlineData("4: (07) r1 += 1\n R1_w=inv(id=0) R10=fp0\n")]
    [InlineData("4: (07) r1 += 1\n; for (u32 i = 0; i <\n")]
    [InlineData("4: (07) r1 += 1\n5: (a")]
    [InlineData("4: (07) r1 += 1\n5")]
    [InlineData("4: (07) r1 += 1\nlast_idx 5 first_idx 0\nregs=2 stack=0 before 4: (07) r1 += 1\n")]
    public void What_a_log_ends_with_that_was_cut_amid_the_walk_is_not_the_reason(string log)
    {
        VerifierVerdict verdict = VerifierVerdict.Parse(log);
        verdict.IsCut.Should().BeTrue();
        verdict.Reason.Should().BeNull();

        var failure = new BpfVerifierException("walk", 13, log, logTruncated: true);
        failure.Message.Should().Contain("cut before its reason").And.NotContain("says");
        failure.Hint.Should().Contain("MaximumLogSize");
    }

    [Fact]
    public void A_log_that_was_finished_without_a_reason_was_not_cut()
    {
        VerifierVerdict verdict = VerifierVerdict.Parse("0: (b7) r0 = 0\n1: (95) exit\n" + Trailer);
        verdict.Reason.Should().BeNull();
        verdict.IsCut.Should().BeFalse();
    }

    [Fact]
    public void A_log_of_the_end_alone_has_the_reason()
    {
        VerifierVerdict verdict = VerifierVerdict.Parse("BPF program is too large. Processed 1000001 insn\nverification time 1 usec\nstack depth 0\n" + Trailer);
        verdict.Reason.Should().Be("BPF program is too large. Processed 1000001 insn");
        verdict.Remedy.Should().Contain("bpf_loop");
    }
}
