namespace P3Ebpf.Btf;

/// <summary>
/// Puts split BTF that was made with a distilled base (<c>.BTF.base</c>: just the names, kinds and sizes of the types that a
/// module needs of its kernel) onto the BTF of a real kernel.
/// </summary>
/// <remarks>The rules are those of <c>btf_relocate</c> of libbpf; a declaration matches the definition of its keyword.</remarks>
public static class BtfDistilledBase
{
    /// <summary>How many qualifiers, typedefs and arrays may lie between a member and the struct that it embeds.</summary>
    private const int MaxModifiers = 32;

    /// <summary>The same split BTF on another base.</summary>
    /// <param name="split">BTF whose base is a distilled one.</param>
    /// <param name="newBase">The BTF of the kernel.</param>
    /// <exception cref="ArgumentException"><paramref name="split"/> has no base.</exception>
    /// <exception cref="BtfFormatException">The base is no distilled one, or the kernel does not have one of its types, or has it twice.</exception>
    /// <exception cref="NotSupportedException">The BTF holds records of a kind that this library does not know.</exception>
    public static BtfSpec Relocate(BtfSpec split, BtfSpec newBase)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(newBase);
        if (split.Base is not { } distilled)
            throw new ArgumentException("The BTF has no base.", nameof(split));

        bool[] embedded = FindEmbedded(split);
        var ids = new BtfTypeId[distilled.TypeCount];
        foreach (BtfType type in distilled.Types)
            ids[type.Id.Value] = Match(type, embedded[type.Id.Value], newBase);

        var builder = new BtfBuilder(newBase);
        uint shift = newBase.TypeCount - split.FirstId.Value;
        foreach (BtfType type in split.OwnTypes)
            _ = builder.AddCopy(type, id => id < split.FirstId ? ids[id.Value] : new BtfTypeId(id.Value + shift));
        return builder.ToSpec(split.Source);
    }

    /// <summary>Which types of the base are part of a struct of the split BTF, so that their sizes must agree.</summary>
    private static bool[] FindEmbedded(BtfSpec split)
    {
        bool[] embedded = new bool[split.FirstId.Value];
        foreach (BtfType type in split.OwnTypes)
        {
            if (!type.IsComposite)
                continue;
            foreach (BtfMember member in type.Members)
            {
                BtfType part = split[member.TypeId];
                for (int i = 0; i < MaxModifiers && (part.IsModifierOrTypedef || part.Kind == BtfKind.Array); i++)
                    part = split[part.Kind == BtfKind.Array ? part.Array.ElementTypeId : part.TargetId];
                if (part.Id < split.FirstId)
                    embedded[part.Id.Value] = true;
            }
        }

        return embedded;
    }

    private static BtfTypeId Match(BtfType distilled, bool isEmbedded, BtfSpec newBase)
    {
        if (distilled.Name.IsEmpty || distilled.Kind is not (BtfKind.Int or BtfKind.Float or BtfKind.Fwd or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Struct or BtfKind.Union))
            throw Failure(distilled, "a distilled base holds only named INT, FLOAT, FWD, ENUM, STRUCT and UNION, but has this type");

        var candidates = new List<BtfType>();
        foreach (BtfType candidate in newBase.FindAll(distilled.Name.Bytes))
        {
            if (Corresponds(distilled, candidate))
                candidates.Add(candidate);
        }

        if (distilled.IsComposite && (isEmbedded || candidates.Count > 1))
            _ = candidates.RemoveAll(candidate => candidate.Size != distilled.Size);

        // Whatever is only declared may be one of several definitions; the kernel's own declaration is as good.
        if (distilled.Kind == BtfKind.Fwd && candidates.Count > 1)
        {
            List<BtfType> definitions = candidates.FindAll(candidate => candidate.IsComposite);
            List<BtfType> declarations = candidates.FindAll(candidate => !candidate.IsComposite);
            candidates = definitions.Count == 1 || declarations.Count == 0 ? definitions : declarations;
        }

        return candidates.Count switch
        {
            1 => candidates[0].Id,
            0 => throw Failure(distilled, $"the kernel's BTF has no such type{(distilled.Kind == BtfKind.Fwd ? string.Empty : $" of {distilled.Size} bytes")}: the module was built for another kernel"),
            _ => throw Failure(distilled, $"the kernel's BTF has {candidates.Count} such types, {candidates[0].Id} and {candidates[1].Id} among them"),
        };
    }

    private static bool Corresponds(BtfType distilled, BtfType candidate)
    {
        switch (distilled.Kind)
        {
            case BtfKind.Int:
                return candidate.Kind == BtfKind.Int && candidate.Size == distilled.Size && candidate.Int == distilled.Int;
            case BtfKind.Float:
                return candidate.Kind == BtfKind.Float && candidate.Size == distilled.Size;
            case BtfKind.Enum or BtfKind.Enum64:
                return candidate.IsAnyEnum && candidate.Size == distilled.Size;
            case BtfKind.Fwd:
                return (candidate.Kind == BtfKind.Fwd ? candidate.ForwardKind : candidate.Kind) == distilled.ForwardKind;
            default:
                return candidate.Kind == distilled.Kind;
        }
    }

    private static BtfFormatException Failure(BtfType type, string problem) =>
        new(BtfErrorCode.BadDistilledBase, $"{BtfKindNames.Keyword(type)} {type.Name}: {problem}", type.Offset, type.Id, type.Spec.Source);
}
