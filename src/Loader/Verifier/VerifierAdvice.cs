namespace P3Ebpf.Loader.Verifier;

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
        ("combined stack size", "The functions that call each other use more than 512 bytes of stack together: keep large data in a map, a per-CPU array for instance."),
        ("invalid write to stack", "The write lies outside of the 512 bytes of stack: keep large data in a map."),
        ("invalid variable-offset", "The stack is indexed by a value without a bound that the verifier can see: mask it or compare it first."),
        ("min value is negative", "The length or index may be negative: use an unsigned type, or mask it with & before using it."),
        ("invalid access to map value", "The offset may lie outside of the map's value: compare it with the value's size first."),
        ("invalid mem access 'scalar'", "What is used as a pointer is a number to the verifier: read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ()."),
        ("invalid mem access 'inv'", "What is used as a pointer is a number to the verifier: read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ()."),
        ("invalid bpf_context access", "That field of the context does not exist for this kind of program, or not at this place or size: see the context's definition."),
        ("Unreleased reference", "What the program acquired must be released on every way out, also where it fails."),
        ("reference leak", "What the program acquired must be released on every way out, also where it fails."),
        ("must be released", "What the program acquired must be released on every way out, also where it fails."),
        ("lock is missing", "The bpf_spin_lock must be released on every way out: bpf_spin_unlock() before each return."),
        ("function calls are not allowed while holding a lock", "Call helpers before bpf_spin_lock() or after bpf_spin_unlock()."),
        ("can't call", "Call helpers before bpf_spin_lock() or after bpf_spin_unlock()."),
        ("might_sleep", "What may sleep is for sleepable programs alone: SEC(\"fentry.s/…\"), SEC(\"lsm.s/…\") and the like."),
        ("may only be called from sleepable", "What may sleep is for sleepable programs alone: SEC(\"fentry.s/…\"), SEC(\"lsm.s/…\") and the like."),
        ("the sequence of", "The loop or the branches take too many steps to check: bound the loop lower, or use bpf_loop()."),
        ("BPF program is too large", "The verifier gave up after its limit of steps: shorten loops, use bpf_loop(), or move parts to global functions."),
        ("too large", "Split the program, or shorten its loops."),
        ("unreachable insn", "Code that nothing leads to: an endless loop before it, or a missing return."),
        ("last insn is not an exit", "The program's end is not a return: a function that never returns (a panic) was compiled in."),
        ("At program exit the register R0", "The value that is returned must be one of those that this kind of program may return."),
        ("has to have BTF", "The map needs the object's BTF: compile with -g, and keep .BTF."),
        ("only read from bpf_array is supported", "The map may only be read there."),
    ];

    public static string? For(IReadOnlyList<string> verdict)
    {
        foreach ((string words, string advice) in Known)
            if (verdict.Any(line => line.Contains(words, StringComparison.Ordinal)))
                return advice;
        return null;
    }
}
