namespace P3Ebpf.CoRe.Differential;

internal sealed class CTypedef(string name, CType target) : CType
{
    public CType Target { get; } = target;

    public override CType Stripped => Target.Stripped;

    public override string Declare(string declarator) => $"{name} {declarator}";

    public override void Define(CDefinitions definitions)
    {
        if (!definitions.Begin(this))
            return;
        Target.Define(definitions);
        definitions.Add($"typedef {Target.Declare(name)};");
    }
}
