using System.Globalization;
using System.Text.RegularExpressions;
using P3Ebpf.CoRe;

namespace P3Ebpf.Loader;

/// <summary>Turns the verifier's last words into what they mean for the object: the source line, and what a poisoned instruction stands for.</summary>
internal static partial class VerifierExplanation
{
    public static BpfVerifierException Explain(
        BpfVerifierException failure, BpfObjectSpec spec, BpfObjectRelocation relocation, LinkedProgram program, BpfException? btfFailure)
    {
        string? sourceLine = null;
        string? hint = btfFailure is null ? failure.Hint : $"It was loaded without the object's BTF, which it may need: {btfFailure.Message}";
        if (LastInstruction(failure.Log) is { } index && index < program.Instructions.Length)
        {
            (BpfFunction function, int instruction) = program.OriginOf(index);
            BpfSourceLine? line = function.SourceLineOf(instruction);
            sourceLine = line is null ? $"{function.Name} instruction {instruction}" : $"{line} in {function.Name}: {line.Text}";
            hint = Poison(failure.Log, spec, relocation[function], instruction) ?? hint;
        }

        hint ??= VerifierAdvice.For(failure.DecisiveLines);
        return new BpfVerifierException(failure.ProgramName, failure.Error, failure.Log, failure.LogTruncated, sourceLine, hint);
    }

    private static string? Poison(string log, BpfObjectSpec spec, BpfRelocatedFunction function, int instruction)
    {
        if (NumberIn(UnknownFunction().Match(log)) is not { } number)
            return null;
        if (number == CorePoison.HelperId)
        {
            CoreRelocationResult? result = function.ResultAt(instruction) ?? function.ResultAt(instruction - 1);
            return result is null
                ? "The instruction is an unresolved CO-RE relocation."
                : $"The program reaches the CO-RE relocation {result.Local}, which this kernel cannot satisfy: {result.Message}."
                    + (result.Suggestion is null ? string.Empty : $" {result.Suggestion}");
        }

        if (number >= PoisonedInstruction.KernelFunctionBase && number - PoisonedInstruction.KernelFunctionBase < spec.Externs.Count)
        {
            BpfExternSpec item = spec.Externs[number - PoisonedInstruction.KernelFunctionBase];
            return $"The program calls the kernel function '{item.Name}', which Linux {KernelVersion.Release} does not have; ask bpf_ksym_exists({item.Name}) first.";
        }

        return number >= PoisonedInstruction.MapBase && number - PoisonedInstruction.MapBase < spec.Maps.Count
            ? $"The program uses the map '{spec.Maps[number - PoisonedInstruction.MapBase].Name}', which was not created."
            : null;
    }

    private static int? LastInstruction(string log) => NumberIn(Instruction().Match(log));

    private static int? NumberIn(Match match) =>
        match.Success && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    [GeneratedRegex(@"^(\d+): \([0-9a-f]{2}\)", RegexOptions.Multiline | RegexOptions.RightToLeft)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"(?:unknown|func)#(\d+)", RegexOptions.RightToLeft)]
    private static partial Regex UnknownFunction();
}
