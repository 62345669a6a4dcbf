namespace P3Ebpf.CoRe.Differential;

/// <summary>The definitions of a source, each once and in the order in which C needs them.</summary>
internal sealed class CDefinitions
{
    private readonly HashSet<CType> _begun = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Whether a type has not been defined before.</summary>
    public bool Begin(CType type) => _begun.Add(type);

    public void Add(string line) => _lines.Add(line);
}
