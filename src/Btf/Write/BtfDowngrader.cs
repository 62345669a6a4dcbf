using System.Text;

namespace P3Ebpf.Btf;

/// <summary>Rewrites what an older kernel does not understand of a BTF into what it does.</summary>
/// <remarks>
/// Every type keeps its id and every string its offset, so .BTF.ext stays valid; helper types and strings are appended. The sizes
/// of types are kept, their meaning is not. The rules are those of <c>bpf_object__sanitize_btf</c> of libbpf.
/// </remarks>
public static class BtfDowngrader
{
    /// <summary>A BTF that a kernel with no more than these features accepts.</summary>
    /// <param name="spec">The BTF; it is not changed, and returned where nothing needs rewriting.</param>
    /// <param name="features">What the kernel understands.</param>
    /// <exception cref="NotSupportedException">The BTF holds records of a kind that this library does not know.</exception>
    public static BtfSpec Downgrade(BtfSpec spec, BtfFeatures features)
    {
        ArgumentNullException.ThrowIfNull(spec);
        bool needed = !Has(features, BtfFeatures.Layout) && spec.Header.HasLayoutFields;
        foreach (BtfType type in spec.OwnTypes)
            needed |= MissingFeature(type, features) != BtfFeatures.None;
        if (!needed)
            return spec;

        var builder = BtfBuilder.CopyOf(spec);
        var placeholder = default(BtfTypeId);
        foreach (BtfType type in spec.OwnTypes)
        {
            BtfFeatures missing = MissingFeature(type, features);
            if (missing == BtfFeatures.None)
                continue;
            if (missing == BtfFeatures.Enum64 && type.Kind == BtfKind.Enum64 && placeholder.IsVoid)
                placeholder = builder.AddInt("enum64_placeholder", 1);
            builder.Define(type.Id, Rewrite(builder, type, missing, placeholder));
        }

        return builder.ToSpec(spec.Source);
    }

    private static bool Has(BtfFeatures features, BtfFeatures feature) => (features & feature) != 0;

    /// <summary>The feature for whose lack the type must be rewritten, or none.</summary>
    private static BtfFeatures MissingFeature(BtfType type, BtfFeatures features)
    {
        switch (type.Kind)
        {
            case BtfKind.FuncProto:
                return Unless(BtfFeatures.Func);
            case BtfKind.Func:
                return !Has(features, BtfFeatures.Func) ? BtfFeatures.Func
                    : type.Linkage != BtfLinkage.Static ? Unless(BtfFeatures.GlobalFunc) : BtfFeatures.None;
            case BtfKind.Var:
                return Unless(BtfFeatures.DataSec);
            case BtfKind.DataSec:
                return !Has(features, BtfFeatures.DataSec) ? BtfFeatures.DataSec
                    : HasQuestionMark(type) ? Unless(BtfFeatures.QuestionDataSec) : BtfFeatures.None;
            case BtfKind.Float:
                return Unless(BtfFeatures.Float);
            case BtfKind.DeclTag:
                return Unless(BtfFeatures.DeclTag);
            case BtfKind.TypeTag:
                return Unless(BtfFeatures.TypeTag);
            case BtfKind.Enum64:
                return Unless(BtfFeatures.Enum64);
            case BtfKind.Enum when type.KindFlag:
                return Unless(BtfFeatures.Enum64);
            default:
                return BtfFeatures.None;
        }

        BtfFeatures Unless(BtfFeatures feature) => Has(features, feature) ? BtfFeatures.None : feature;
    }

    private static BtfTypeId Rewrite(BtfBuilder builder, BtfType type, BtfFeatures missing, BtfTypeId placeholder) => type.Kind switch
    {
        // One byte: more might reach past the end of a section that holds the variable.
        BtfKind.Var or BtfKind.DeclTag => builder.AddInt(type.Name, 1),
        BtfKind.DataSec when missing == BtfFeatures.QuestionDataSec => RenameSection(builder, type),
        BtfKind.DataSec => SectionToStruct(builder, type),
        BtfKind.FuncProto => PrototypeToEnum(builder, type),
        BtfKind.Func when missing == BtfFeatures.GlobalFunc => builder.AddFunc(type.Name, type.TargetId, BtfLinkage.Static),
        BtfKind.Func => builder.AddTypedef(type.Name, type.TargetId),
        BtfKind.Float => builder.AddStruct(default, type.Size),
        BtfKind.TypeTag => builder.AddConst(type.TargetId),
        BtfKind.Enum => ToUnsigned(builder, type),
        _ => Enum64ToUnion(builder, type, placeholder),
    };

    private static bool HasQuestionMark(BtfType section) => !section.Name.IsEmpty && section.Name.Bytes[0] == (byte)'?';

    private static BtfTypeId RenameSection(BtfBuilder builder, BtfType section)
    {
        var variables = new BtfSectionVariable[section.SectionVariables.Count];
        for (int i = 0; i < variables.Length; i++)
            variables[i] = section.SectionVariables[i];
        var name = new StringBuilder(section.Name.ToString()) { [0] = '_' };
        return builder.AddDataSec(name.ToString(), section.Size, variables);
    }

    private static BtfTypeId SectionToStruct(BtfBuilder builder, BtfType section)
    {
        var members = new BtfMember[section.SectionVariables.Count];
        for (int i = 0; i < members.Length; i++)
        {
            BtfSectionVariable variable = section.SectionVariables[i];
            members[i] = new BtfMember(section.Spec[variable.TypeId].Name, variable.TypeId, 8 * variable.Offset, 0);
        }

        string name = new StringBuilder(section.Name.ToString()).Replace('.', '_').Replace('?', '_').ToString();
        return builder.AddStruct(name, section.Size, members);
    }

    /// <summary>The parameters become the enumerators; where the record has the type of one, the value is that id.</summary>
    private static BtfTypeId PrototypeToEnum(BtfBuilder builder, BtfType prototype)
    {
        var values = new (BtfString, long)[prototype.Parameters.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (prototype.Parameters[i].Name, prototype.Parameters[i].TypeId.Value);
        return builder.AddEnum(default, 4, isSigned: false, values);
    }

    private static BtfTypeId ToUnsigned(BtfBuilder builder, BtfType type)
    {
        var values = new (BtfString, long)[type.Enumerators.Count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (type.Enumerators[i].Name, type.Enumerators[i].SignedValue);
        return builder.AddEnum(type.Name, type.Size, isSigned: false, values);
    }

    private static BtfTypeId Enum64ToUnion(BtfBuilder builder, BtfType type, BtfTypeId placeholder)
    {
        var members = new BtfMember[type.Enumerators.Count];
        for (int i = 0; i < members.Length; i++)
            members[i] = new BtfMember(type.Enumerators[i].Name, placeholder, 0, 0);
        return builder.AddUnion(type.Name, type.Size, members);
    }
}
