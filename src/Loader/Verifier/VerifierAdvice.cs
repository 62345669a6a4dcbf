using System.Globalization;
using System.Text.RegularExpressions;

namespace P3Ebpf.Loader.Verifier;

/// <summary>What usually helps against the verifier's most frequent verdicts.</summary>
internal static partial class VerifierAdvice
{
    private const string Null = "The pointer may be NULL there: compare it with NULL before using it.";
    private const string Unbounded = "Bound the index or length before using it, in a way the compiler does not remove.";
    private const string Negative = "The length or index may be negative: use an unsigned type, or mask it with & before using it.";
    private const string ANumber = "What is used as a pointer is a number to the verifier: read kernel memory with bpf_probe_read_kernel() or BPF_CORE_READ().";
    private const string Unwritten = "Memory on the stack is handed over that was not written before: initialise all of it, padding too.";
    private const string Release = "What the program acquired must be released on every way out, also where it fails.";
    private const string ReleasedAlready = "What is released there is released already, or was never acquired: each is released once.";
    private const string StackIndex = "The stack is indexed by a value without a bound that the verifier can see: mask it or compare it first.";
    private const string UnlockSpin = "The bpf_spin_lock must be released on every way out: bpf_spin_unlock() before each return.";
    private const string UnlockRcu = "The RCU section must be left on every way out: bpf_rcu_read_unlock() before each return.";
    private const string NotUnderLock = "Call helpers before bpf_spin_lock() or after bpf_spin_unlock().";
    private const string Sleepable = "What may sleep is for sleepable programs alone: SEC(\"fentry.s/…\"), SEC(\"lsm.s/…\"), SEC(\"syscall\") and the like.";
    private const string Trusted = "A kernel function takes only pointers whose origin the verifier knows, not what is a number to the verifier or was read out of a struct: pass what the context or an acquiring function (bpf_task_acquire() for instance) gave, checked for NULL.";

    /// <summary>The first that the verdict has counts: what is said more closely stands before what is said of many.</summary>
    private static readonly (string Verdict, string Advice)[] Known =
    [
        ("or_null'", Null),
        ("or_null expected", Null),
        ("prohibited, null-check it first", Null),
        ("invalid access to packet", "Compare the pointer plus the bytes wanted with data_end before reading the packet."),
        ("GPL-restricted", "That function is for programs under a licence compatible with the GPL: char LICENSE[] SEC(\"license\") = \"GPL\"."),
        ("!read_ok", "A register or variable is read that was not written on every path to that place."),
        ("invalid read from stack", "Memory on the stack is read that was not written before: initialise all of it, padding too."),
        ("invalid indirect read from stack", Unwritten),
        ("back-edge", "This kernel needs loops to be unrolled, or with a bound it can see."),
        ("infinite loop", "Give the loop a bound that the verifier can see."),
        ("variable-offset", StackIndex),
        ("variable stack access", StackIndex),
        ("invalid access to map value", "The offset may lie outside of the map's value: compare it with the value's size first."),
        ("unbounded memory access", Unbounded),
        ("unbounded min value", Negative),
        ("min value is negative", Negative),
        ("outside of the allowed memory range", Unbounded),
        ("invalid zero-sized read", "The length may be 0 there, and must not be: compare it with 0 first, and with the size of the buffer too."),
        ("combined stack size", "The functions that call each other use more than 512 bytes of stack together: keep large data in a map, a per-CPU array for instance."),
        ("invalid write to stack", "The write lies outside of the 512 bytes of stack: keep large data in a map."),
        ("invalid stack off", "The access lies outside of the 512 bytes of stack: keep large data in a map."),
        ("write into map forbidden", "The map is constant to programs (.rodata, or made with BPF_F_RDONLY_PROG): make the variable not const, or keep the value in another map."),
        ("invalid mem access 'scalar'", ANumber),
        ("invalid mem access 'inv'", ANumber),
        ("expected=ringbuf_mem", ReleasedAlready),
        ("expected=alloc_mem", ReleasedAlready),
        ("type=inv expected=mem", ReleasedAlready),
        ("type=scalar expected=mem", ReleasedAlready),
        ("type=scalar expected=", "A number is passed where the function takes the address of a variable, of a map's value or of the packet: pass a pointer, such as &key."),
        ("type=inv expected=", "A number is passed where the function takes the address of a variable, of a map's value or of the packet: pass a pointer, such as &key."),
        ("dereference of modified ctx ptr", "Fields of the context are read from the context's own pointer, not from a copy that was moved: write ctx->field, and keep the compiler from adding the offset by itself (volatile)."),
        ("invalid bpf_context access", "That field of the context does not exist for this kind of program, or not at this place or size, or may only be read: see the context's definition."),
        ("bpf_rcu_read_lock-ed region", UnlockRcu),
        ("bpf_rcu_read_unlock is missing", UnlockRcu),
        ("Unreleased reference", Release),
        ("reference leak", Release),
        ("must be released", Release),
        ("lock is missing", UnlockSpin),
        ("bpf_spin_lock-ed region", UnlockSpin),
        ("without taking a lock", "bpf_spin_unlock() is reached without bpf_spin_lock() of the same lock before it, on some way at least."),
        ("function calls are not allowed while holding a lock", NotUnderLock),
        ("can't call", NotUnderLock),
        ("calls are not allowed while holding a lock", NotUnderLock),
        ("cannot be accessed directly by load/store", "A lock, timer or list in a map's value is the kernel's: it is used through its functions alone, and the rest of the value is copied around it."),
        ("only read is supported", "The kernel's memory may only be read there: change it through a helper or kernel function, if there is one."),
        ("access beyond struct", "The place lies outside of the kernel's type: read the field by its name through CO-RE, so that the loader fills in where it is."),
        ("might_sleep", Sleepable),
        ("might sleep", Sleepable),
        ("may only be called from sleepable", Sleepable),
        ("must be referenced or trusted", Trusted),
        ("must point to scalar", Trusted),
        ("must be a rcu pointer", Trusted),
        ("() is not supported yet", "Global functions take pointers from Linux 5.13 on: make it static, so that it is checked with its callers."),
        ("doesn't return scalar", "A global function returns a number: make it static, so that it is checked with its callers."),
        ("Caller passes invalid args", "A global function is checked by itself, for any argument of its type: check pointers for NULL in it, or make it static so that it is checked with its callers."),
        ("the sequence of", "The loop or the branches take too many steps to check: bound the loop lower, or use bpf_loop()."),
        ("BPF program is too large", "The verifier gave up after its limit of steps: shorten loops, use bpf_loop(), or move parts to global functions."),
        ("too large", "Split the program, or shorten its loops."),
        ("unreachable insn", "Code that nothing leads to: an endless loop before it, or a missing return."),
        ("last insn is not an exit", "The program's end is not a return: a function that never returns (a panic) was compiled in."),
        ("At program exit the register R0", "The value that is returned must be one of those that this kind of program may return."),
        ("has to have BTF", "The map needs the object's BTF: compile with -g, and keep .BTF."),
        ("only read from bpf_array is supported", "The map may only be read there."),
    ];

    /// <param name="verdict">The decisive lines.</param>
    /// <param name="isStalePacket">Whether the pointer in question pointed into the packet before.</param>
    public static string? For(IReadOnlyList<string> verdict, bool isStalePacket)
    {
        if (isStalePacket)
            return "The pointer into the packet holds no longer: a helper before it moves or reallocates the packet. Take data and data_end from the context again, and compare again.";
        if (verdict.Any(IsBeyondBuffer))
            return "The buffer on the stack is shorter than the length that is given: the length must not be longer than the buffer.";
        foreach ((string words, string advice) in Known)
            if (verdict.Any(line => line.Contains(words, StringComparison.Ordinal)))
                return advice;
        return null;
    }

    /// <summary>An access that begins in the stack and goes on above it, to which only a length that is too great leads.</summary>
    private static bool IsBeyondBuffer(string line) => StackAccess().Match(line) is { Success: true } access
        && int.Parse(access.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + long.Parse(access.Groups[2].ValueSpan, CultureInfo.InvariantCulture) > 0;

    // "invalid stack type R1 off=-16 access_size=64" until Linux 5.11, "invalid write to stack R1 off=-16 size=64" since.
    [GeneratedRegex(@"invalid .*stack.* off=(-\d{1,4}) (?:access_)?size=(\d{1,9})\b")]
    private static partial Regex StackAccess();
}
