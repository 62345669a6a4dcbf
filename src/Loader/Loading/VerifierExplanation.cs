namespace P3Ebpf.Loader;

/// <summary>Turns the verifier's last words into what they mean for the object: the source line, and what a poisoned instruction stands for.</summary>
internal static class VerifierExplanation
{
    public static BpfVerifierException Explain(
        BpfVerifierException failure, BpfObjectSpec spec, BpfObjectRelocation relocation, LinkedProgram program, BpfException? btfFailure)
    {
        string? sourceLine = null;
        string? explanation = null;
        string? hint = btfFailure is null ? failure.Hint : $"It was loaded without the object's BTF, which it may need: {btfFailure.Message}";
        VerifierVerdict verdict = failure.Verdict;
        if (verdict.Instruction is { } index && index < program.Instructions.Length)
        {
            (BpfFunction function, int instruction) = program.OriginOf(index);
            BpfSourceLine? line = function.SourceLineOf(instruction);
            sourceLine = line is null ? $"{function.Name} instruction {instruction}" : $"{line} in {function.Name}: {line.Text}";
            (explanation, string? advice) = Poison(verdict, spec, relocation[function], instruction);
            hint = advice ?? hint;
        }

        if (spec.Producer is { } producer && producer.StartsWith("GCC", StringComparison.Ordinal) && verdict.Reason is { } reason && reason.StartsWith("invalid access to map value", StringComparison.Ordinal))
            hint = $"The object is of {producer}, whose assembler may write the place of a global variable into the instruction and into the relocation, so that it counts twice: use a newer GCC and binutils, or clang.";
        if (verdict.VariableWithoutAddress is { } variable)
            hint = $"The kernel keeps no address of its variable '{variable}': it was built without CONFIG_KALLSYMS_ALL.";

        hint ??= verdict.Remedy;
        return new BpfVerifierException(failure.ProgramName, failure.Error, failure.Log, failure.LogTruncated, sourceLine, hint, explanation);
    }

    /// <summary>What a call of a function that cannot exist stands for, and what to do about it.</summary>
    private static (string? Explanation, string? Hint) Poison(VerifierVerdict verdict, BpfObjectSpec spec, BpfRelocatedFunction function, int instruction)
    {
        if (verdict.UnknownFunction is not { } number)
            return default;
        if (number == CorePoison.HelperId)
        {
            CoreRelocationResult? result = function.ResultAt(instruction) ?? function.ResultAt(instruction - 1);
            return result is null
                ? ("The program reaches a CO-RE relocation that this kernel cannot satisfy.", null)
                : ($"The program reaches the CO-RE relocation {result.Local}, which this kernel cannot satisfy: {result.Message}", result.Suggestion);
        }

        if (number >= PoisonedInstruction.KernelFunctionBase && number - PoisonedInstruction.KernelFunctionBase < spec.Externs.Count)
        {
            string name = spec.Externs[number - PoisonedInstruction.KernelFunctionBase].Name;
            return ($"The program calls the kernel function '{name}', which Linux {KernelVersion.Release} does not have", $"Ask bpf_ksym_exists({name}) before the call.");
        }

        return number >= PoisonedInstruction.MapBase && number - PoisonedInstruction.MapBase < spec.Maps.Count
            ? ($"The program uses the map '{spec.Maps[number - PoisonedInstruction.MapBase].Name}', which was not created", "Have it created, or guard its use with a constant of .rodata.")
            : default;
    }
}
