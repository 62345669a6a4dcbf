namespace P3Ebpf.CoRe.Differential;

/// <summary>A function prototype, behind a typedef.</summary>
internal sealed class CFunction(CType result, IReadOnlyList<CType> parameters) : CType
{
    public override string Declare(string declarator)
    {
        string list = parameters.Count == 0 ? "void" : string.Join(", ", parameters.Select(p => p.Declare(string.Empty)));
        return result.Declare($"{declarator}({list})");
    }

    public override void Define(CDefinitions definitions)
    {
        result.Define(definitions);
        foreach (CType parameter in parameters)
            parameter.Define(definitions);
    }
}
