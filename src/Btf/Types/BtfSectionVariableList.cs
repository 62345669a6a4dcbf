namespace P3Ebpf.Btf;

/// <summary>The variables of a section; enumerates without allocating.</summary>
public readonly struct BtfSectionVariableList
{
    private readonly BtfType _type;

    internal BtfSectionVariableList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfSectionVariable this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(index));
            int at = BtfRecord.HeadLength + (index * 12);
            return new BtfSectionVariable(new BtfTypeId(_type.Word(at)), _type.Word(at + 4), _type.Word(at + 8));
        }
    }

    /// <summary>Enumerates in the order of the declaration.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Goes through a <see cref="BtfSectionVariableList"/>.</summary>
    public struct Enumerator
    {
        private readonly BtfSectionVariableList _list;
        private int _index;

        internal Enumerator(BtfSectionVariableList list)
        {
            _list = list;
            _index = -1;
        }

        /// <summary>The current one.</summary>
        public readonly BtfSectionVariable Current => _list[_index];

        /// <summary>Goes on to the next.</summary>
        public bool MoveNext() => ++_index < _list.Count;
    }
}
