namespace P3Ebpf.Btf;

/// <summary>The fields of a type under the names that bpftool gives them, for its raw text and its JSON alike.</summary>
internal static class BtfFields
{
    /// <summary>Presents the types of these ids, or all of the BTF's own where none are given.</summary>
    public static void PresentAll<TSink>(BtfSpec spec, IEnumerable<BtfTypeId>? ids, ref TSink sink)
        where TSink : struct, IBtfFieldSink
    {
        if (ids is null)
        {
            foreach (BtfType type in spec.OwnTypes)
                Present(type, ref sink);
            return;
        }

        foreach (BtfTypeId id in ids)
            Present(spec[id], ref sink);
    }

    private static void Present<TSink>(BtfType type, ref TSink sink)
        where TSink : struct, IBtfFieldSink
    {
        sink.BeginType(type);
        switch (type.Kind)
        {
            case BtfKind.Int:
                BtfInt integer = type.Int;
                sink.Number("size"u8, type.Size);
                sink.Number("bits_offset"u8, integer.BitOffset);
                sink.Number("nr_bits"u8, integer.BitCount);
                sink.Word("encoding"u8, EncodingWord(integer.Encoding));
                break;
            case BtfKind.Ptr or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.Typedef or BtfKind.TypeTag:
                sink.Number("type_id"u8, type.TargetId.Value);
                break;
            case BtfKind.Array:
                BtfArray array = type.Array;
                sink.Number("type_id"u8, array.ElementTypeId.Value);
                sink.Number("index_type_id"u8, array.IndexTypeId.Value);
                sink.Number("nr_elems"u8, array.Length);
                break;
            case BtfKind.Struct or BtfKind.Union:
                PresentMembers(type, ref sink);
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                PresentEnumerators(type, ref sink);
                break;
            case BtfKind.Fwd:
                sink.Word("fwd_kind"u8, type.ForwardKind == BtfKind.Union ? "union"u8 : "struct"u8);
                break;
            case BtfKind.Func or BtfKind.Var:
                sink.Number("type_id"u8, type.TargetId.Value);
                sink.Word("linkage"u8, LinkageWord(type.Linkage));
                break;
            case BtfKind.FuncProto:
                PresentParameters(type, ref sink);
                break;
            case BtfKind.DataSec:
                PresentVariables(type, ref sink);
                break;
            case BtfKind.Float:
                sink.Number("size"u8, type.Size);
                break;
            case BtfKind.DeclTag:
                sink.Number("type_id"u8, type.TargetId.Value);
                sink.Number("component_idx"u8, type.ComponentIndex);
                break;
        }

        sink.EndType();
    }

    private static void PresentMembers<TSink>(BtfType type, ref TSink sink)
        where TSink : struct, IBtfFieldSink
    {
        sink.Number("size"u8, type.Size);
        sink.Number("vlen"u8, type.Vlen);
        sink.BeginList("members"u8);
        foreach (BtfMember member in type.Members)
        {
            sink.BeginItem(member.Name);
            sink.Number("type_id"u8, member.TypeId.Value);
            sink.Number("bits_offset"u8, member.BitOffset);
            if (member.BitfieldSize != 0)
                sink.Number("bitfield_size"u8, member.BitfieldSize);
            sink.EndItem();
        }

        sink.EndList();
    }

    private static void PresentEnumerators<TSink>(BtfType type, ref TSink sink)
        where TSink : struct, IBtfFieldSink
    {
        sink.Word("encoding"u8, type.KindFlag ? "SIGNED"u8 : "UNSIGNED"u8);
        sink.Number("size"u8, type.Size);
        sink.Number("vlen"u8, type.Vlen);
        sink.BeginList("values"u8);
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            sink.BeginItem(enumerator.Name);
            sink.EnumeratorValue(enumerator);
            sink.EndItem();
        }

        sink.EndList();
    }

    private static void PresentParameters<TSink>(BtfType type, ref TSink sink)
        where TSink : struct, IBtfFieldSink
    {
        sink.Number("ret_type_id"u8, type.TargetId.Value);
        sink.Number("vlen"u8, type.Vlen);
        sink.BeginList("params"u8);
        foreach (BtfParameter parameter in type.Parameters)
        {
            sink.BeginItem(parameter.Name);
            sink.Number("type_id"u8, parameter.TypeId.Value);
            sink.EndItem();
        }

        sink.EndList();
    }

    private static void PresentVariables<TSink>(BtfType type, ref TSink sink)
        where TSink : struct, IBtfFieldSink
    {
        sink.Number("size"u8, type.Size);
        sink.Number("vlen"u8, type.Vlen);
        sink.BeginList("vars"u8);
        foreach (BtfSectionVariable variable in type.SectionVariables)
        {
            sink.BeginItem();
            sink.Number("type_id"u8, variable.TypeId.Value);
            sink.Number("offset"u8, variable.Offset);
            sink.Number("size"u8, variable.Size);
            sink.SectionItemType(type.Spec[variable.TypeId]);
            sink.EndItem();
        }

        sink.EndList();
    }

    private static ReadOnlySpan<byte> EncodingWord(BtfIntEncoding encoding) => encoding switch
    {
        BtfIntEncoding.None => "(none)"u8,
        BtfIntEncoding.Signed => "SIGNED"u8,
        BtfIntEncoding.Char => "CHAR"u8,
        BtfIntEncoding.Bool => "BOOL"u8,
        _ => "UNKN"u8,
    };

    private static ReadOnlySpan<byte> LinkageWord(BtfLinkage linkage) => linkage switch
    {
        BtfLinkage.Static => "static"u8,
        BtfLinkage.Global => "global"u8,
        BtfLinkage.Extern => "extern"u8,
        _ => "(unknown)"u8,
    };
}

/// <summary>Receives a type's fields in the order in which bpftool prints them; what they look like is the sink's matter.</summary>
internal interface IBtfFieldSink
{
    void BeginType(BtfType type);

    void EndType();

    void Number(ReadOnlySpan<byte> key, long value);

    void Word(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    void BeginList(ReadOnlySpan<byte> key);

    void EndList();

    /// <summary>An item of a list that has a name.</summary>
    void BeginItem(BtfString name);

    /// <summary>An item of a list that has none, even an empty one.</summary>
    void BeginItem();

    void EndItem();

    void EnumeratorValue(BtfEnumerator enumerator);

    /// <summary>The variable or function of a section item.</summary>
    void SectionItemType(BtfType type);
}
