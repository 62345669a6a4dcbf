namespace P3Ebpf.Btf;

/// <summary>A parameter of a function prototype.</summary>
/// <param name="Name">Its name; empty in prototypes of pointers.</param>
/// <param name="TypeId">Its type.</param>
public readonly record struct BtfParameter(BtfString Name, BtfTypeId TypeId)
{
    /// <summary>Whether it stands for "any further arguments" (<c>...</c>).</summary>
    public bool IsVariadic => TypeId.IsVoid && Name.IsEmpty;
}

/// <summary>The parameters of a function prototype; enumerates without allocating.</summary>
public readonly struct BtfParameterList
{
    private readonly BtfType _type;

    internal BtfParameterList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfParameter this[int index] =>
        (uint)index < (uint)Count ? BtfRecordLayout.ReadParameter(_type, index) : throw new ArgumentOutOfRangeException(nameof(index));

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
