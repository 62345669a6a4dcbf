namespace P3Ebpf.Btf;

/// <summary>A value of an enumeration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bits">What is stored: one of 32 bits is sign-extended, whether or not the enumeration is signed, as CO-RE has it.</param>
/// <param name="IsSigned">Whether the enumeration is signed.</param>
/// <param name="Is64Bit">Whether the value is stored with 64 bits.</param>
public readonly record struct BtfEnumerator(BtfString Name, long Bits, bool IsSigned, bool Is64Bit)
{
    /// <summary>The value as the C source has it, whatever its sign and width.</summary>
    public decimal Value => IsSigned ? Bits : UnsignedValue;

    /// <summary>The value as a signed number; of an unsigned one from 2^63 on, the number with the same bits.</summary>
    public long SignedValue => IsSigned || Is64Bit ? Bits : (uint)Bits;

    /// <summary>The value as an unsigned number; of a negative one, the number with the same bits.</summary>
    public ulong UnsignedValue => (ulong)SignedValue;
}

/// <summary>The values of an enumeration; enumerates without allocating.</summary>
public readonly struct BtfEnumeratorList
{
    private readonly BtfType _type;

    internal BtfEnumeratorList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfEnumerator this[int index] =>
        (uint)index < (uint)Count ? BtfRecordLayout.ReadEnumerator(_type, index) : throw new ArgumentOutOfRangeException(nameof(index));

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
