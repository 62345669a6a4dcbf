using System.Text.RegularExpressions;

namespace P3Ebpf.Doctor.Log;

/// <summary>The part of a loader's log that the kernel's verifier wrote.</summary>
internal static partial class VerifierExcerpt
{
    /// <summary>The verifier's lines of the last program that the log shows; <see langword="null"/> where it shows none.</summary>
    public static string? Of(string log)
    {
        string[] lines = [.. log.Split('\n').SelectMany(Parts)];
        int start = Array.FindLastIndex(lines, Begin().IsMatch) + 1;
        bool isMarked = start > 0;
        if (!isMarked)
            start = Array.FindIndex(lines, Instruction().IsMatch);
        if (start < 0)
            return null;

        int last = Array.FindLastIndex(lines, Instruction().IsMatch);
        int end = start;
        while (end < lines.Length && !End().IsMatch(lines[end]) && (end <= last || isMarked || lines[end].Length != 0))
            end++;

        // The statistics show that the verifier came to its end.
        while (end < lines.Length && Statistics().IsMatch(lines[end]))
            end++;
        string excerpt = string.Join('\n', lines[start..end]).Trim();
        return excerpt.Length == 0 ? null : excerpt;
    }

    /// <summary>Libraries for Go and Rust begin the verifier's log within their own sentence, or put the last of it there.</summary>
    private static IEnumerable<string> Parts(string line)
    {
        string text = line.Trim();
        Match sentence = Sentence().Match(text);
        if (!sentence.Success)
            return [text];
        string rest = Omitted().Replace(sentence.Groups["rest"].Value, string.Empty);
        Match instruction = InstructionAndReason().Match(rest);
        return instruction.Success ? [sentence.Groups["lead"].Value, instruction.Groups[1].Value, instruction.Groups[2].Value] : [sentence.Groups["lead"].Value, rest];
    }

    [GeneratedRegex(@"-- BEGIN (PROG LOAD|DUMP) LOG --|syscall failed\. Verifier output:$|^Kernel error log:|^bpf: Failed to load program:|load program: [a-z ]+:$")]
    private static partial Regex Begin();

    [GeneratedRegex(@"-- END (PROG LOAD )?LOG --|^processed \d+ insns|^verification time|^Caused by:|^HINT:|^Traceback|^(ERROR|WARNING|Error): |^libbpf: \S|^\d{4}[-/]\d\d[-/]\d\d")]
    private static partial Regex End();

    [GeneratedRegex(@"^(processed \d+ insns|verification time|stack depth)")]
    private static partial Regex Statistics();

    [GeneratedRegex(@"^\d+: \([0-9a-f]{2}\) ")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^(?<lead>.*(syscall failed\. Verifier output:|load program: [a-z ]+:)) ?(?<rest>\S.*)$")]
    private static partial Regex Sentence();

    [GeneratedRegex(@" \(\d+ line\(s\) omitted\)$|, \d+ line\(s\) omitted$")]
    private static partial Regex Omitted();

    [GeneratedRegex(@"^(\d+: \([0-9a-f]{2}\) .*?): ([A-Za-z].*)$")]
    private static partial Regex InstructionAndReason();
}
