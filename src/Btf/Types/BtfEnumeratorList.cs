namespace P3Ebpf.Btf;

/// <summary>The values of an enumeration; enumerates without allocating.</summary>
public readonly struct BtfEnumeratorList
{
    private readonly BtfType _type;

    internal BtfEnumeratorList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfEnumerator this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(index));
            bool wide = _type.Kind == BtfKind.Enum64;
            int at = BtfRecord.HeadLength + (index * (wide ? 12 : 8));
            long bits = wide ? (long)(((ulong)_type.Word(at + 8) << 32) | _type.Word(at + 4)) : (int)_type.Word(at + 4);
            return new BtfEnumerator(_type.Spec.GetString(_type.Word(at)), bits, _type.KindFlag, wide);
        }
    }

    /// <summary>Enumerates in the order of the declaration.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Goes through a <see cref="BtfEnumeratorList"/>.</summary>
    public struct Enumerator
    {
        private readonly BtfEnumeratorList _list;
        private int _index;

        internal Enumerator(BtfEnumeratorList list)
        {
            _list = list;
            _index = -1;
        }

        /// <summary>The current one.</summary>
        public readonly BtfEnumerator Current => _list[_index];

        /// <summary>Goes on to the next.</summary>
        public bool MoveNext() => ++_index < _list.Count;
    }
}
