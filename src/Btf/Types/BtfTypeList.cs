namespace P3Ebpf.Btf;

/// <summary>A range of ids; enumerates without allocating.</summary>
public readonly struct BtfTypeList
{
    private readonly BtfSpec _spec;
    private readonly uint _first;
    private readonly uint _end;

    internal BtfTypeList(BtfSpec spec, uint first, uint end)
    {
        _spec = spec;
        _first = first;
        _end = end;
    }

    /// <summary>How many types.</summary>
    public int Count => (int)(_end - _first);

    /// <summary>Enumerates the types in the order of their ids.</summary>
    public Enumerator GetEnumerator() => new(_spec, _first, _end);

    /// <summary>Goes through a <see cref="BtfTypeList"/>.</summary>
    public struct Enumerator
    {
        private readonly BtfSpec _spec;
        private readonly uint _end;
        private uint _next;

        internal Enumerator(BtfSpec spec, uint first, uint end)
        {
            _spec = spec;
            _next = first;
            _end = end;
            Current = default;
        }

        /// <summary>The current type.</summary>
        public BtfType Current { get; private set; }

        /// <summary>Goes on to the next type.</summary>
        public bool MoveNext()
        {
            if (_next >= _end)
                return false;
            Current = _spec[new BtfTypeId(_next++)];
            return true;
        }
    }
}
