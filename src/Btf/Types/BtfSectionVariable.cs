namespace P3Ebpf.Btf;

/// <summary>The place of a variable in its section.</summary>
/// <param name="TypeId">The variable (BTF_KIND_VAR), or a function in <c>.ksyms</c>.</param>
/// <param name="Offset">Bytes from the start of the section.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct BtfSectionVariable(BtfTypeId TypeId, uint Offset, uint Size);

/// <summary>The variables of a section; enumerates without allocating.</summary>
public readonly struct BtfSectionVariableList
{
    private readonly BtfType _type;

    internal BtfSectionVariableList(BtfType type) => _type = type;

    /// <summary>How many.</summary>
    public int Count => (int)_type.Vlen;

    /// <summary>The one at an index, in the order of the declaration.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public BtfSectionVariable this[int index] =>
        (uint)index < (uint)Count ? BtfRecordLayout.ReadVariable(_type, index) : throw new ArgumentOutOfRangeException(nameof(index));

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
