using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>The id of each type before equal ones are folded. What stands for a global symbol in one object does so in all.</summary>
internal sealed class MergedTypeIds
{
    private readonly Dictionary<LinkInput, (uint[] Ids, bool[] IsAdded)> _maps = [];
    private uint _next = 1;

    public MergedTypeIds(IReadOnlyList<LinkInput> inputs, SymbolResolution symbols)
    {
        foreach (LinkInput input in inputs)
        {
            if (input.Btf is not null)
                _maps.Add(input, Assign(input, input.Btf, symbols));
        }

        foreach (LinkInput input in inputs)
        {
            if (input.Btf is not null)
                Refer(input, input.Btf, symbols);
        }
    }

    /// <summary>The id in the merged types of a type of an object.</summary>
    /// <exception cref="BpfLinkException">The type goes, and what refers to it should not.</exception>
    public BtfTypeId this[LinkInput input, BtfTypeId id]
    {
        get
        {
            uint merged = _maps[input].Ids[id.Value];
            return merged != 0 || id.IsVoid
                ? new BtfTypeId(merged)
                : throw input.Failure(BpfLinkErrorCode.Malformed, $"something refers to type {input.Btf![id]}, which is that of no symbol or a list of variables", LinkSection.Btf, input.Btf![id].Offset);
        }
    }

    /// <summary>Whether the type itself goes into the merged ones, rather than another in its place, or none.</summary>
    public bool IsAdded(LinkInput input, BtfTypeId id) => _maps[input].IsAdded[id.Value];

    private (uint[] Ids, bool[] IsAdded) Assign(LinkInput input, BtfSpec btf, SymbolResolution symbols)
    {
        bool[] isAdded = new bool[btf.TypeCount];
        bool[] isReferredTo = new bool[btf.TypeCount];
        bool[] losesReference = new bool[btf.TypeCount];
        foreach (BtfType type in btf.OwnTypes)
        {
            isAdded[type.Id.Value] = Stays(input, type, symbols);
            if (type.Kind == BtfKind.Func)
                (isAdded[type.Id.Value] ? isReferredTo : losesReference)[type.TargetId.Value] = true;
            else
                MarkReferences(type, isReferredTo);
        }

        uint[] ids = new uint[btf.TypeCount];
        foreach (BtfType type in btf.OwnTypes)
        {
            uint id = type.Id.Value;

            // The prototype of a function that gives way to its definition, and of nothing else: without names of parameters, it would stay beside the other.
            isAdded[id] &= type.Kind != BtfKind.FuncProto || !losesReference[id] || isReferredTo[id];
            isAdded[id] &= type.Kind != BtfKind.DeclTag || Stays(input, type.Target, symbols) || SymbolOf(input, type.Target, symbols) is not null;
            if (isAdded[id])
                ids[id] = _next++;
        }

        return (ids, isAdded);
    }

    private void Refer(LinkInput input, BtfSpec btf, SymbolResolution symbols)
    {
        foreach (BtfType type in btf.OwnTypes)
        {
            (uint[] ids, bool[] isAdded) = _maps[input];
            if (isAdded[type.Id.Value] || SymbolOf(input, type, symbols) is not { Declaration: { Type: { } other } declaration })
                continue;
            ids[type.Id.Value] = _maps[declaration.Input].Ids[other.Type.Id.Value];
        }
    }

    private static bool Stays(LinkInput input, BtfType type, SymbolResolution symbols)
    {
        if (type.Kind == BtfKind.DataSec)
            return false;
        if (!GlobalTypes.IsGlobal(type))
            return true;

        // Variables without a symbol are those of a section that only repeats another's; functions without one were all inlined.
        LinkedSymbol? symbol = SymbolOf(input, type, symbols);
        return symbol is null ? type.Kind == BtfKind.Func : symbol.Declaration is { } declaration && (declaration.Type is not { } other || other.Type == type);
    }

    /// <summary>The symbol of the result that a type of an object describes.</summary>
    private static LinkedSymbol? SymbolOf(LinkInput input, BtfType type, SymbolResolution symbols) =>
        input.GlobalTypes.Find(type.Name) is { } found && found.Type == type ? symbols.Find(type.Name.ToString()) : null;

    private static void MarkReferences(BtfType type, bool[] isReferredTo)
    {
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                foreach (BtfMember member in type.Members)
                    isReferredTo[member.TypeId.Value] = true;
                break;
            case BtfKind.Array:
                isReferredTo[type.Array.ElementTypeId.Value] = true;
                isReferredTo[type.Array.IndexTypeId.Value] = true;
                break;
            case BtfKind.FuncProto:
                foreach (BtfParameter parameter in type.Parameters)
                    isReferredTo[parameter.TypeId.Value] = true;
                isReferredTo[type.TargetId.Value] = true;
                break;
            case BtfKind.Ptr or BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.Var or BtfKind.DeclTag or BtfKind.TypeTag:
                isReferredTo[type.TargetId.Value] = true;
                break;
        }
    }
}
