namespace P3Ebpf.CoRe.Differential;

/// <summary>An enumeration; without a tag it is one that a typedef names.</summary>
internal sealed class CEnum(string? tag, IReadOnlyList<CEnumerator> enumerators) : CType
{
    public IReadOnlyList<CEnumerator> Enumerators { get; } = enumerators;

    private string Body => $"{{ {string.Join(", ", Enumerators.Select(e => $"{e.Name} = {e.Value}"))} }}";

    public override string Declare(string declarator) => tag is null ? $"enum {Body} {declarator}" : $"enum {tag} {declarator}";

    public override void Define(CDefinitions definitions)
    {
        if (tag is not null && definitions.Begin(this))
            definitions.Add($"enum {tag} {Body};");
    }
}
