namespace P3Ebpf.CoRe.Differential;

internal sealed class CVolatile(CType target) : CType
{
    public override CType Stripped => target.Stripped;

    public override string Declare(string declarator) => $"volatile {target.Declare(declarator)}";

    public override void Define(CDefinitions definitions) => target.Define(definitions);
}
