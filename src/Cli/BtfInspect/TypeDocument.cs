using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The answer of <c>btf-inspect type --json</c>.</summary>
/// <param name="Btf">Where the types are from.</param>
/// <param name="Types">All types that go by the name, structs and unions first.</param>
internal sealed record TypeDocument(string Btf, IReadOnlyList<TypeDocument.Entry> Types) : CliDocument
{
    /// <param name="Id">The type's number.</param>
    /// <param name="Kind">C's word for its kind.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Declaration">What a typedef, function, variable or scalar is, as C writes it.</param>
    /// <param name="Size">Bytes; null where it has no size.</param>
    /// <param name="Alignment">Bytes, as far as BTF tells; null where it has none.</param>
    /// <param name="Values">Of an enumeration.</param>
    /// <param name="Layout">Of a struct or union, or of what a typedef makes one.</param>
    internal sealed record Entry(
        uint Id,
        string Kind,
        string Name,
        string Declaration,
        uint? Size,
        int? Alignment,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<EnumValue>? Values,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TypeLayout? Layout)
    {
        public static Entry From(BtfType type)
        {
            BtfType shape = type.IsModifierOrTypedef ? type.Spec.ResolveModifiers(type.Id) : type;
            int alignment = type.Spec.AlignmentOf(type.Id);
            return new Entry(
                type.Id.Value,
                BtfKindNames.Keyword(type),
                type.Name.ToString(),
                BtfTypeNames.TypeName(type.Spec, type.Kind == BtfKind.Typedef ? type.TargetId : type.Id),
                type.Spec.TryGetSize(type.Id, out uint size) ? size : null,
                alignment == 0 ? null : alignment,
                shape.IsAnyEnum ? ValuesOf(shape) : null,
                shape.IsComposite ? TypeLayout.From(new BtfStructLayout(shape)) : null);
        }

        private static List<EnumValue> ValuesOf(BtfType type)
        {
            List<EnumValue> values = [];
            foreach (BtfEnumerator enumerator in type.Enumerators)
                values.Add(EnumValue.From(enumerator));
            return values;
        }
    }
}

/// <summary>A value of an enumeration, as documents have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it stands for, of any enumeration that C has.</param>
internal sealed record EnumValue(string Name, decimal Value)
{
    public static EnumValue From(BtfEnumerator enumerator) => new(enumerator.Name.ToString(), ValueOf(enumerator));

    public static decimal ValueOf(BtfEnumerator enumerator) => enumerator.Value;
}
