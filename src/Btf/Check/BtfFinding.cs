using System.Globalization;

namespace P3Ebpf.Btf;

/// <summary>One thing that a check found.</summary>
/// <param name="Code">What was found: one of <see cref="BtfFindingCodes"/>. Stable; scripts may depend on it.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Offset">Where: bytes from the start of the data; -1 where no place applies.</param>
/// <param name="TypeId">The type concerned; <see cref="BtfTypeId.Void"/> where none is, or where damage before it leaves its id unknown.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Action">What to do about it, where that is clear.</param>
public sealed record BtfFinding(string Code, BtfFindingSeverity Severity, long Offset, BtfTypeId TypeId, string Message, string? Action = null);

/// <summary>How much a finding matters, and to whom.</summary>
public enum BtfFindingSeverity
{
    /// <summary>Odd, but every reader takes it.</summary>
    Info,

    /// <summary>libbpf and this library read it; a kernel, or an older libbpf, refuses it, or names or ids come out wrong.</summary>
    Warning,

    /// <summary>libbpf refuses the file, and so does <see cref="BtfSpec.Parse"/>.</summary>
    Error,
}

/// <summary>Collects findings: at most <see cref="MaxPerCode"/> of each code, the rest is counted. Texts are made only for what is kept.</summary>
internal sealed class BtfFindingList
{
    public const int MaxPerCode = 100;

    private readonly List<BtfFinding> _findings = [];
    private readonly Dictionary<string, Tally> _tallies = [];

    public bool HasErrors { get; private set; }

    /// <summary>Whether a kernel refuses the file: an error or a warning was found, and not only names that were lost.</summary>
    public bool IsRefusedByKernel { get; private set; }

    public bool Contains(string code) => _tallies.ContainsKey(code);

    /// <summary>Takes over what another list collected, its count of omitted findings included.</summary>
    public void Absorb(BtfFindingList other)
    {
        foreach (BtfFinding finding in other._findings)
        {
            if (Keeps(finding.Code, finding.Severity))
                _findings.Add(finding);
        }

        foreach (KeyValuePair<string, Tally> pair in other._tallies)
            _tallies[pair.Key].Count += Math.Max(0, pair.Value.Count - MaxPerCode);
    }

    /// <summary>Takes back what turned out to be the consequence of another fault. That fault is to be an error if this was.</summary>
    public void Withdraw(string code)
    {
        _ = _findings.RemoveAll(finding => finding.Code == code);
        _ = _tallies.Remove(code);
    }

    public void Error(string code, long offset, string message, string? action = null) =>
        Add(code, BtfFindingSeverity.Error, offset, message, action);

    public void Warning(string code, long offset, string message, string? action = null) =>
        Add(code, BtfFindingSeverity.Warning, offset, message, action);

    public void Info(string code, long offset, string message, string? action = null) =>
        Add(code, BtfFindingSeverity.Info, offset, message, action);

    /// <summary>Adds a finding about a type.</summary>
    /// <param name="code">The code.</param>
    /// <param name="severity">The severity; one code may have several.</param>
    /// <param name="offset">Bytes from the start of the data, or -1.</param>
    /// <param name="id">The type.</param>
    /// <param name="format">The message, with {0}, {1} and {2} for the numbers.</param>
    /// <param name="a">{0}.</param>
    /// <param name="b">{1}.</param>
    /// <param name="c">{2}.</param>
    /// <param name="action">What to do.</param>
    public void Add(
        string code, BtfFindingSeverity severity, long offset, BtfTypeId id, string format, long a = 0, long b = 0, long c = 0, string? action = null)
    {
        if (Keeps(code, severity))
            _findings.Add(new BtfFinding(code, severity, offset, id, string.Format(CultureInfo.InvariantCulture, format, a, b, c), action));
    }

    public BtfFinding[] ToArray()
    {
        IEnumerable<BtfFinding> omitted = _tallies.Where(pair => pair.Value.Count > MaxPerCode).Select(pair => new BtfFinding(
            pair.Key, pair.Value.Severity, -1, default, $"{pair.Value.Count - MaxPerCode} more of this kind are not listed"));
        return
        [
            .. _findings.OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Offset)
                .Concat(omitted.OrderByDescending(finding => finding.Severity)),
        ];
    }

    private void Add(string code, BtfFindingSeverity severity, long offset, string message, string? action)
    {
        if (Keeps(code, severity))
            _findings.Add(new BtfFinding(code, severity, offset, default, message, action));
    }

    private bool Keeps(string code, BtfFindingSeverity severity)
    {
        HasErrors |= severity == BtfFindingSeverity.Error;
        IsRefusedByKernel |= severity == BtfFindingSeverity.Error
            || (severity == BtfFindingSeverity.Warning && code is not (BtfFindingCodes.StrOdd or BtfFindingCodes.ZeroRun or BtfFindingCodes.OnesRun));
        if (!_tallies.TryGetValue(code, out Tally? tally))
            _tallies.Add(code, tally = new Tally());
        tally.Severity = severity > tally.Severity ? severity : tally.Severity;
        return ++tally.Count <= MaxPerCode;
    }

    private sealed class Tally
    {
        public int Count { get; set; }

        public BtfFindingSeverity Severity { get; set; }
    }
}
