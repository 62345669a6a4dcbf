namespace P3Ebpf.Btf;

/// <summary>A member of a struct or union.</summary>
/// <param name="Name">Its name; empty for an anonymous struct or union.</param>
/// <param name="TypeId">Its type.</param>
/// <param name="BitOffset">Bits from the start of the struct.</param>
/// <param name="BitfieldSize">Bits of a bitfield; 0 where the member is none.</param>
public readonly record struct BtfMember(BtfString Name, BtfTypeId TypeId, uint BitOffset, uint BitfieldSize);

/// <summary>The members of a struct or union; enumerates without allocating.</summary>
public readonly struct BtfMemberList
{
    private readonly BtfType _type;

    internal BtfMemberList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfMember this[int index] =>
        (uint)index < (uint)Count ? BtfRecordLayout.ReadMember(_type, index) : throw new ArgumentOutOfRangeException(nameof(index));

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
