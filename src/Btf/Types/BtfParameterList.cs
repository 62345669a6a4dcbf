namespace P3Ebpf.Btf;

/// <summary>The parameters of a function prototype; enumerates without allocating.</summary>
public readonly struct BtfParameterList
{
    private readonly BtfType _type;

    internal BtfParameterList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfParameter this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(index));
            int at = BtfRecord.HeadLength + (index * 8);
            return new BtfParameter(_type.Spec.GetString(_type.Word(at)), new BtfTypeId(_type.Word(at + 4)));
        }
    }

    /// <summary>Enumerates in the order of the declaration.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Goes through a <see cref="BtfParameterList"/>.</summary>
    public struct Enumerator
    {
        private readonly BtfParameterList _list;
        private int _index;

        internal Enumerator(BtfParameterList list)
        {
            _list = list;
            _index = -1;
        }

        /// <summary>The current one.</summary>
        public readonly BtfParameter Current => _list[_index];

        /// <summary>Goes on to the next.</summary>
        public bool MoveNext() => ++_index < _list.Count;
    }
}
