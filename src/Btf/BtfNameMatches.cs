namespace P3Ebpf.Btf;

/// <summary>The types that bear a name, in the order of their ids; enumerates without allocating.</summary>
public ref struct BtfNameMatches
{
    private readonly BtfSpec _spec;
    private readonly ReadOnlySpan<byte> _name;
    private readonly ReadOnlySpan<byte> _essentialName;
    private readonly bool _essential;
    private BtfSpec? _layer;
    private int _index;

    internal BtfNameMatches(BtfSpec spec, ReadOnlySpan<byte> name, bool essential)
    {
        _spec = spec;
        _name = name;
        _essential = essential;
        _essentialName = essential ? name : BtfEssentialName.Of(name);
        Current = default;
    }

    /// <summary>The type that <see cref="MoveNext"/> found.</summary>
    public BtfType Current { get; private set; }

    /// <summary>These matches, for <c>foreach</c>.</summary>
    public readonly BtfNameMatches GetEnumerator() => this;

    /// <summary>Goes on to the next type.</summary>
    public bool MoveNext()
    {
        if (_name.IsEmpty)
            return false;
        while (true)
        {
            if (_layer is not null && _index != 0)
                _index = _layer.NextNamed(_index);
            while (_index == 0)
            {
                if (ReferenceEquals(_layer, _spec))
                    return false;
                _layer = LayerAbove(_layer);
                _index = _layer.FirstNamed(_essentialName);
            }

            BtfType type = _layer![new BtfTypeId(_layer.FirstId.Value + (uint)(_index - 1))];
            ReadOnlySpan<byte> name = type.Name.Bytes;
            if (_essential ? BtfEssentialName.Of(name).SequenceEqual(_essentialName) : name.SequenceEqual(_name))
            {
                Current = type;
                return true;
            }
        }
    }

    /// <summary>The lowest base first, then what is split off it, up to the BTF that was asked.</summary>
    private readonly BtfSpec LayerAbove(BtfSpec? layer)
    {
        BtfSpec above = _spec;
        while (!ReferenceEquals(above.Base, layer))
            above = above.Base!;
        return above;
    }
}
