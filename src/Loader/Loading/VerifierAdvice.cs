namespace P3Ebpf.Loader;

/// <summary>What usually helps against the verifier's most frequent verdicts.</summary>
internal static class VerifierAdvice
{
    private static readonly (string Verdict, string Advice)[] Known =
    [
        ("or_null'", "The pointer may be NULL there: compare it with NULL before using it."),
        ("invalid access to packet", "Compare the pointer plus the bytes wanted with data_end before reading the packet."),
        ("GPL-restricted", "That function is for programs under a licence compatible with the GPL: char LICENSE[] SEC(\"license\") = \"GPL\"."),
        ("!read_ok", "A register or variable is read that was not written on every path to that place."),
        ("invalid read from stack", "Memory on the stack is read that was not written before: initialise all of it, padding too."),
        ("invalid indirect read from stack", "Memory on the stack is handed over that was not written before: initialise all of it, padding too."),
        ("back-edge", "This kernel needs loops to be unrolled, or with a bound it can see."),
        ("infinite loop", "Give the loop a bound that the verifier can see."),
        ("unbounded memory access", "Bound the index or length before using it, in a way the compiler does not remove."),
        ("outside of the allowed memory range", "Bound the index or length before using it, in a way the compiler does not remove."),
        ("too large", "Split the program, or shorten its loops."),
        ("unknown func", "This kernel does not have that helper function, or not for this kind of program."),
    ];

    public static string? For(IReadOnlyList<string> verdict)
    {
        foreach ((string words, string advice) in Known)
            if (verdict.Any(line => line.Contains(words, StringComparison.Ordinal)))
                return advice;
        return null;
    }
}
