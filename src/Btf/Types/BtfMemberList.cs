namespace P3Ebpf.Btf;

/// <summary>The members of a struct or union; enumerates without allocating.</summary>
public readonly struct BtfMemberList
{
    private readonly BtfType _type;

    internal BtfMemberList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfMember this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(index));
            int at = BtfRecord.HeadLength + (index * 12);
            uint place = _type.Word(at + 8);
            return new BtfMember(
                _type.Spec.GetString(_type.Word(at)),
                new BtfTypeId(_type.Word(at + 4)),
                _type.KindFlag ? place & 0xFFFFFF : place,
                _type.KindFlag ? place >> 24 : 0);
        }
    }

    /// <summary>Enumerates in the order of the declaration.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Goes through a <see cref="BtfMemberList"/>.</summary>
    public struct Enumerator
    {
        private readonly BtfMemberList _list;
        private int _index;

        internal Enumerator(BtfMemberList list)
        {
            _list = list;
            _index = -1;
        }

        /// <summary>The current one.</summary>
        public readonly BtfMember Current => _list[_index];

        /// <summary>Goes on to the next.</summary>
        public bool MoveNext() => ++_index < _list.Count;
    }
}
