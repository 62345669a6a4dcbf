namespace P3Ebpf.Doctor;

/// <summary>One examination: what was asked, the machine, and what has been found so far.</summary>
internal sealed class DoctorContext
{
    private readonly List<DoctorFinding> _findings = [];
    private readonly List<KeyValuePair<string, string>> _facts = [];
    private readonly Lazy<byte[]?> _kernelBtf;

    public DoctorContext(DoctorRequest request)
    {
        Request = request;
        Kernel = new Kernel(request.Root);
        Environment = request.Environment ?? ReadEnvironment();
        _kernelBtf = new Lazy<byte[]?>(() => Files.ReadBytes(Kernel.BtfPath));
    }

    public DoctorRequest Request { get; }

    public Kernel Kernel { get; }

    public FileTree Files => Kernel.Files;

    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The running kernel's release; <see langword="null"/> where it is not known.</summary>
    public string? Release => Kernel.Release.Length == 0 ? null : Kernel.Release;

    /// <summary>The running kernel's BTF; <see langword="null"/> where it has none.</summary>
    public byte[]? RunningKernelBtf => _kernelBtf.Value;

    public IReadOnlyList<DoctorFinding> Findings => _findings;

    public IReadOnlyList<KeyValuePair<string, string>> Facts => _facts;

    public void Add(string code, int weight, string summary, IEnumerable<string> evidence, string? action = null) =>
        _findings.Add(new DoctorFinding(code, weight, summary, [.. evidence], action));

    /// <summary>Gives more weight and evidence to what was found already; adds it where it was not.</summary>
    public void Raise(string code, int weight, string summary, IEnumerable<string> evidence, string? action = null)
    {
        int index = _findings.FindIndex(finding => finding.Code == code);
        if (index < 0)
        {
            Add(code, weight, summary, evidence, action);
            return;
        }

        DoctorFinding known = _findings[index];
        _findings[index] = known with { Weight = Math.Max(weight, known.Weight), Evidence = [.. known.Evidence, .. evidence], Action = known.Action ?? action };
    }

    public void AddFact(string name, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
            _facts.Add(new KeyValuePair<string, string>(name, value.Trim()));
    }

    private static Dictionary<string, string> ReadEnvironment()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            environment[(string)entry.Key] = (string?)entry.Value ?? string.Empty;
        return environment;
    }
}
