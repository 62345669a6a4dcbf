namespace P3Ebpf.Btf;

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
