using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

internal sealed class CArray(CType element, uint length) : CType
{
    public CType Element { get; } = element;

    public uint Length { get; } = length;

    public override string Declare(string declarator) => Element.Declare(string.Create(CultureInfo.InvariantCulture, $"{declarator}[{Length}]"));

    public override void Define(CDefinitions definitions) => Element.Define(definitions);
}
