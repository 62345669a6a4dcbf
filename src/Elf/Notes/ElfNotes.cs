using System.Collections;

namespace P3Ebpf.Elf;

/// <summary>The notes of one section or segment, in order.</summary>
public readonly struct ElfNotes : IEnumerable<ElfNote>
{
    private readonly ElfRegion _region;
    private readonly int _alignment;

    internal ElfNotes(ElfRegion region, ulong alignment)
    {
        _region = region;
        // Names and contents are padded to 4 bytes, and to 8 only where the header asks for exactly that (gABI; binutils).
        _alignment = alignment == 8 ? 8 : 4;
    }

    /// <summary>Enumerates without allocating.</summary>
    /// <exception cref="ElfFormatException">Thrown on reaching a note that does not fit.</exception>
    public Enumerator GetEnumerator() => new(_region, _alignment);

    IEnumerator<ElfNote> IEnumerable<ElfNote>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Walks from note to note.</summary>
    public struct Enumerator : IEnumerator<ElfNote>
    {
        /// <summary><c>n_namesz</c>, <c>n_descsz</c> and <c>n_type</c>: 4 bytes each in both classes.</summary>
        private const int HeaderSize = 12;

        private readonly ElfRegion _region;
        private readonly int _alignment;
        private long _position;

        internal Enumerator(ElfRegion region, int alignment)
        {
            _region = region;
            _alignment = alignment;
        }

        /// <inheritdoc/>
        public ElfNote Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        /// <exception cref="ElfFormatException">The next note does not fit.</exception>
        public bool MoveNext()
        {
            if (_position >= _region.Length)
                return false;
            long name = _position + HeaderSize;
            if (name > _region.Length)
                throw BadNote($"{_region.Length - _position} bytes are left, too few for the header of a note");

            uint nameSize = _region.UInt32((int)_position);
            uint descriptorSize = _region.UInt32((int)_position + 4);
            long descriptor = Align(name + nameSize);
            long end = descriptor + descriptorSize;
            // Only what has bytes must lie inside: the padding after an empty content may be missing at the end.
            if (name + nameSize > _region.Length || (descriptorSize != 0 && end > _region.Length))
                throw BadNote(
                    $"a note with a name of {nameSize} and content of {descriptorSize} bytes does not fit " +
                    $"into the {_region.Length - _position} bytes left");

            Current = new ElfNote(
                _region,
                _position,
                WithoutTerminator(_region.Bytes.Slice((int)name, (int)nameSize)),
                _region.UInt32((int)_position + 8),
                descriptorSize == 0 ? default : _region.Bytes.Slice((int)descriptor, (int)descriptorSize));
            _position = Align(end);
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => _position = 0;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }

        private static ReadOnlyMemory<byte> WithoutTerminator(ReadOnlyMemory<byte> name)
        {
            int terminator = name.Span.IndexOf((byte)0);
            return terminator < 0 ? name : name.Slice(0, terminator);
        }

        private readonly long Align(long position) => (position + _alignment - 1) & -_alignment;

        private readonly ElfFormatException BadNote(string how) =>
            _region.Error(ElfErrorCode.BadNote, _position, $"{how}. {ElfFile.Rebuild}");
    }
}

/// <summary>One note: who defines it, which of theirs it is, and its content.</summary>
public readonly struct ElfNote
{
    private readonly ReadOnlyMemory<byte> _name;
    private readonly ElfRegion _region;
    private readonly long _position;

    internal ElfNote(ElfRegion region, long position, ReadOnlyMemory<byte> name, uint type, ReadOnlyMemory<byte> descriptor)
    {
        _region = region;
        _position = position;
        _name = name;
        Type = type;
        Descriptor = descriptor;
    }

    /// <summary>Who defines the note, such as GNU or stapsdt; allocates a string at every call.</summary>
    public string Name => Utf8Text.Of(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _name.Span;

    /// <summary>Its meaning among the notes of that name.</summary>
    public uint Type { get; }

    /// <summary>The content; its numbers are in the file's byte order.</summary>
    public ReadOnlyMemory<byte> Descriptor { get; }

    /// <summary>What is wrong with its content.</summary>
    internal ElfFormatException Error(string how) => _region.Error(ElfErrorCode.BadNote, _position, $"{how}. {ElfFile.Rebuild}");
}
