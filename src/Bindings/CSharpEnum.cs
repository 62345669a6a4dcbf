using System.Globalization;

namespace P3Ebpf.Bindings;

/// <summary>An enumeration in C#: as wide as in C, with all names.</summary>
internal sealed class CSharpEnum(BtfType type, string name) : ICSharpDeclaration
{
    public string Name => name;

    public BtfType Type => type;

    /// <summary>The integer of its size and sign.</summary>
    public string Underlying => CSharpTypes.Integer(type.Size, type.KindFlag)!;

    public void Write(CSharpWriter writer)
    {
        writer.Separate();
        writer.Summary(CSharpWriter.Code(CSharpTypes.TextOf(type)) + $", {CSharpTypes.Bytes(type.Size)}.");
        writer.Open($"public enum {name} : {Underlying}");
        var names = new CSharpNames();
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            string c = enumerator.Name.ToString();
            writer.Member(CSharpWriter.Code(c), $"{names.Claim(c)} = {ValueOf(enumerator)},");
        }

        writer.Close();
    }

    /// <summary>A narrow enumeration's values are stored with 32 bits all the same.</summary>
    private string ValueOf(BtfEnumerator enumerator)
    {
        int unused = 64 - (8 * (int)type.Size);
        return type.KindFlag
            ? (enumerator.SignedValue << unused >> unused).ToString(CultureInfo.InvariantCulture)
            : (enumerator.UnsignedValue << unused >> unused).ToString(CultureInfo.InvariantCulture);
    }
}
