using System.Globalization;
using System.Text.RegularExpressions;

namespace P3Ebpf.Loader.Verifier;

/// <summary>What the verifier's log says about why a program, or BTF, was rejected.</summary>
/// <remarks>The log is text for people and differs between kernels; what is looked for here has been the same from 5.10 to 7.3
/// (kernel/bpf/verifier.c, kernel/bpf/log.c).</remarks>
public sealed partial class VerifierVerdict
{
    /// <summary>The verifier's own buffer for a line holds half of it (BPF_VERIFIER_TMP_LOG_SIZE).</summary>
    private const int MaxLine = 2048;

    private const int MaximumDecisiveLines = 6;

    private const string Suggested = "Suggestion:";

    private VerifierVerdict(string[] decisiveLines, bool isGiven, bool isCut, int? instruction, string? sourceLine, string? suggestion, int? unknownFunction, string? variableWithoutAddress, bool isStalePacket)
    {
        DecisiveLines = decisiveLines;
        Reason = isGiven ? decisiveLines[^1] : null;
        IsCut = isCut;
        Instruction = instruction;
        SourceLine = sourceLine;
        Suggestion = suggestion;
        UnknownFunction = unknownFunction;
        VariableWithoutAddress = variableWithoutAddress;
        IsStalePacket = isStalePacket;
    }

    /// <summary>The last instruction that the log shows and what follows it; empty where the log is.</summary>
    public IReadOnlyList<string> DecisiveLines { get; }

    /// <summary>The reason: the last of the decisive lines; <see langword="null"/> where the log is empty, was cut before it, or gives none.</summary>
    public string? Reason { get; }

    /// <summary>Whether the log ends amid the verifier's steps, because no more of it fitted or was kept: what it says last is not the reason then.</summary>
    public bool IsCut { get; }

    /// <summary>The index of the last instruction that the verifier looked at; <see langword="null"/> where it looked at none.</summary>
    public int? Instruction { get; }

    /// <summary>The C source line of the last instruction, where the log shows it: with file and line from Linux 6.9 on, the text alone before.</summary>
    public string? SourceLine { get; }

    /// <summary>
    /// What usually helps against this verdict: which kinds of program may call a helper, which no kernel says; else the kernel's own suggestion where it
    /// makes one; <see langword="null"/> where nothing is known.
    /// </summary>
    public string? Remedy => HelperAudience.Advise(DecisiveLines) ?? (IsStalePacket ? null : Suggestion) ?? VerifierAdvice.For(DecisiveLines, IsStalePacket);

    /// <summary>What the kernel itself suggests, from Linux 7.3 on.</summary>
    public string? Suggestion { get; }

    /// <summary>The number of a function that the kernel does not have; loaders poison instructions with numbers that no function has.</summary>
    public int? UnknownFunction { get; }

    /// <summary>A variable of the kernel whose address it does not keep.</summary>
    public string? VariableWithoutAddress { get; }

    /// <summary>Whether the register that is no pointer any more was one into the packet.</summary>
    private bool IsStalePacket { get; }

    /// <summary>Reads a log.</summary>
    public static VerifierVerdict Parse(string log)
    {
        ArgumentNullException.ThrowIfNull(log);
        string[] lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > MaxLine)
                lines[i] = lines[i][..MaxLine];
        }

        Match variable = MissingAddress().Match(log);
        string[] decisive = Decide(lines);
        bool isGiven = decisive.Length > 0 && !Step().IsMatch(decisive[^1]);
        bool isCut = decisive.Length > 0 && !isGiven && !Array.Exists(lines, Statistics().IsMatch);
        Match unreachable = decisive.Length == 0 ? Match.Empty : Unreachable().Match(decisive[^1]);
        return new VerifierVerdict(
            decisive, isGiven, isCut, NumberIn(unreachable.Success ? unreachable : LastInstruction().Match(log)), SourceIn(lines), SuggestionIn(lines), NumberIn(MissingFunction().Match(log)),
            variable.Success ? variable.Groups[1].Value : null, decisive.Length > 0 && WasPacket(decisive[^1], log));
    }

    private static string[] Decide(string[] lines)
    {
        // Linux 7.3 adds an explanation after the classic log.
        int end = Array.FindIndex(lines, line => line.StartsWith("Verification failed:", StringComparison.Ordinal));

        // Of a log that did not fit only the end of the explanation may be left.
        if (end < 0)
            end = Array.IndexOf(lines, Suggested) >= 0 ? 0 : lines.Length;
        while (end > 0 && (Statistics().IsMatch(lines[end - 1]) || State().IsMatch(lines[end - 1])))
            end--;

        int start = end;
        while (start > 0 && end - start < MaximumDecisiveLines)
            if (InstructionLine().IsMatch(lines[--start]))
                break;
        return lines[start..end];
    }

    /// <summary>A pointer into the packet becomes a number where a helper may have moved the packet (<c>clear_all_pkt_pointers</c>).</summary>
    private static bool WasPacket(string reason, string log) =>
        NumberAsPointer().Match(reason) is { Success: true } number && Regex.IsMatch(log, $@"\bR{number.Groups[1].ValueSpan}(?:_\w+)?=pkt\(", RegexOptions.CultureInvariant);

    private static string? SourceIn(string[] lines)
    {
        string? line = Array.FindLast(lines, each => each.StartsWith("; ", StringComparison.Ordinal) && each.Length > 2);
        if (line is null)
            return null;
        Match place = SourcePlace().Match(line);
        return place.Success ? $"{place.Groups["place"].Value}: {place.Groups["text"].Value}" : line[2..];
    }

    private static string? SuggestionIn(string[] lines)
    {
        int at = Array.LastIndexOf(lines, Suggested);
        if (at < 0)
            return null;

        // It may take several lines.
        string[] text = [.. lines.Skip(at + 1).TakeWhile(line => !Statistics().IsMatch(line) && !line.EndsWith(':'))];
        return text.Length == 0 ? null : string.Join(' ', text);
    }

    private static int? NumberIn(Match match) =>
        match.Success && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    [GeneratedRegex(@"^(processed \d+ insns|verification time|stack depth|insns? processed|max_states_per_insn|total_states)")]
    private static partial Regex Statistics();

    // What the verifier compared when it found a loop.
    [GeneratedRegex("^(cur|old) state:")]
    private static partial Regex State();

    // What the verifier tells of its way, and not of its end: instructions, registers, source lines, how it goes on; any of them may be cut short.
    [GeneratedRegex(@"^(\d+(:.*)?$|; |from \d+ to \d+|R\d+(_\w*)?(=|$)|frame\d+|last_idx |regs=|parent |mark_precise|propagating |func#\d+ @|caller:|callee:|returning from callee|to caller|live regs)")]
    private static partial Regex Step();

    [GeneratedRegex(@"^unreachable insn (\d+)$")]
    private static partial Regex Unreachable();

    [GeneratedRegex(@"^R(\d) invalid mem access '(?:scalar|inv)'$")]
    private static partial Regex NumberAsPointer();

    [GeneratedRegex(@"^\d+: \([0-9a-f]{2}\) ")]
    private static partial Regex InstructionLine();

    [GeneratedRegex(@"^(\d+): \([0-9a-f]{2}\)", RegexOptions.Multiline | RegexOptions.RightToLeft)]
    private static partial Regex LastInstruction();

    [GeneratedRegex(@"^; (?<text>.*) @ (?<place>[^@]+:\d+)$")]
    private static partial Regex SourcePlace();

    [GeneratedRegex("failed to find the address for kernel symbol '(\\w+)'", RegexOptions.RightToLeft)]
    private static partial Regex MissingAddress();

    [GeneratedRegex(@"(?:unknown|func)#(\d{1,10})", RegexOptions.RightToLeft)]
    private static partial Regex MissingFunction();
}
