namespace P3Ebpf.CoRe;

/// <summary>What stands in for an instruction whose relocation found nothing: legal as long as it is never reached.</summary>
public static class CorePoison
{
    /// <summary>The number of the helper that a poisoned instruction calls; there is none with it (0xBAD2310).</summary>
    public const int HelperId = 195896080;

    /// <summary>What the verifier's log says when it reaches a poisoned instruction.</summary>
    public const string VerifierMessage = "invalid func unknown#195896080";

    /// <summary>A poisoned instruction: a call of the helper that does not exist.</summary>
    public static BpfInstruction Instruction => BpfInstruction.Call((BpfHelper)HelperId);
}
