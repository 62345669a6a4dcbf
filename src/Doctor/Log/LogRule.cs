using System.Globalization;
using System.Text.RegularExpressions;

namespace P3Ebpf.Doctor.Log;

/// <summary>How to recognise one message, and what it tells.</summary>
internal sealed class LogRule
{
    /// <summary>From this version on libbpf prints errors by name (-EINVAL); before, as numbers or in words.</summary>
    private static readonly Version NamesErrors = new(1, 6);

    private readonly Regex _regex;
    private readonly LogStep _step;
    private readonly string _meaning;

    /// <param name="step">The step that the message belongs to.</param>
    /// <param name="pattern">The text; <c>*</c> stands for anything, <c>%E</c> for an error, <c>%G</c> for one in the words of Go.</param>
    /// <param name="meaning">What it means.</param>
    public LogRule(LogStep step, string pattern, string meaning)
    {
        _step = step;
        _meaning = meaning;
        string escaped = Regex.Escape(pattern).Replace("\\*", ".*?", StringComparison.Ordinal);
        _regex = new Regex(
            escaped.Replace("%E", "(?<error>-?[0-9]+|-E[A-Z0-9]+|[A-Z][A-Za-z' ]+(?:\\(-?[0-9]+\\))?)", StringComparison.Ordinal).Replace("%G", "(?<error>[a-z][a-z' ]*[a-z])", StringComparison.Ordinal),
            RegexOptions.CultureInvariant);
    }

    /// <summary>The versions that have this message.</summary>
    public LibbpfVersions Versions { get; init; }

    /// <summary>Who prints it: libbpf, or what is built on it, unless said otherwise.</summary>
    public LogWriter Writer { get; init; } = LogWriter.Libbpf;

    /// <summary>The cause that the message itself names: a finding's code.</summary>
    public string? Cause { get; init; }

    /// <summary>The error that the message means where it prints none.</summary>
    public int ImpliedError { get; init; }

    public LogMessage? Recognise(string line)
    {
        Match match = _regex.Match(line);
        if (!match.Success)
            return null;
        Group error = match.Groups["error"];
        LibbpfVersions versions = Versions;
        if (error.Success && Writer == LogWriter.Libbpf)
            versions = versions.And(error.ValueSpan.StartsWith("-E") ? new LibbpfVersions(NamesErrors, null) : new LibbpfVersions(null, NamesErrors));
        return new LogMessage(line.Trim(), _step, _meaning, error.Success ? ErrorNumber(error.Value) : ImpliedError, versions, Cause);
    }

    /// <summary>The number behind <c>-22</c>, <c>-EINVAL</c>, <c>Invalid argument</c> or <c>Operation not permitted(-1)</c>; 0 where it is unknown.</summary>
    internal static int ErrorNumber(string text)
    {
        string number = text.Contains('(', StringComparison.Ordinal) ? text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..].TrimEnd(')') : text;
        if (int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
            return Math.Abs(value);
        string name = text.TrimStart('-');
        for (int candidate = 1; candidate <= 133; candidate++)
        {
            if (Errno.NameOf(candidate) == name || string.Equals(Errno.Describe(candidate), text, StringComparison.OrdinalIgnoreCase))
                return candidate;
        }

        return name is "ENOTSUPP" ? Errno.ENOTSUPP : 0;
    }
}
