using System.Buffers.Binary;

namespace P3Ebpf.Loader.Compression;

/// <summary>Decodes LZMA2, a row of chunks with a dictionary of what was decoded before them. Names and numbers: lzma-specification.txt of the LZMA SDK, and the .xz file format 1.2.</summary>
/// <param name="maxLength">The most bytes to decode.</param>
internal sealed class LzmaDecoder(int maxLength)
{
    private const int States = 12;
    private const int PositionStates = 16;
    private const int LiteralStates = 7; // the states after a literal are those below
    private const int EndPositionModel = 14;
    private const int FullDistances = 128;
    private const int AlignBits = 4;
    private const int MinMatch = 2;

    private readonly ushort[] _isMatch = new ushort[States * PositionStates];
    private readonly ushort[] _isRepeated = new ushort[States];
    private readonly ushort[] _isRepeated0 = new ushort[States];
    private readonly ushort[] _isRepeated1 = new ushort[States];
    private readonly ushort[] _isRepeated2 = new ushort[States];
    private readonly ushort[] _isRepeated0Long = new ushort[States * PositionStates];
    private readonly ushort[] _slots = new ushort[4 * 64];
    private readonly ushort[] _positions = new ushort[1 + FullDistances - EndPositionModel];
    private readonly ushort[] _align = new ushort[1 << AlignBits];
    private readonly Lengths _matchLength = new();
    private readonly Lengths _repeatedLength = new();
    private ushort[] _literals = [];
    private int _literalContext;
    private int _literalPosition;
    private int _positionMask;
    private int _state;
    private uint _distance0;
    private uint _distance1;
    private uint _distance2;
    private uint _distance3;

    private byte[] _output = new byte[1 << 16];
    private int _length;
    private int _dictionary;

    /// <summary>What has been decoded so far.</summary>
    public ReadOnlySpan<byte> Output => _output.AsSpan(0, _length);

    /// <summary>Decodes the chunks of a block.</summary>
    /// <param name="input">From the first chunk on.</param>
    /// <returns>How many bytes they take, the one that ends them included.</returns>
    /// <exception cref="InvalidDataException">They are damaged, or hold more than is allowed.</exception>
    public int Decode(ReadOnlySpan<byte> input)
    {
        int at = 0;
        bool needsDictionary = true;
        while (true)
        {
            byte control = At(input, at++);
            if (control == 0)
                return at;
            if (control >= 0x80)
            {
                ReadOnlySpan<byte> sizes = Slice(input, at, 4);
                int length = ((control & 0x1f) << 16) + BinaryPrimitives.ReadUInt16BigEndian(sizes) + 1;
                int packed = BinaryPrimitives.ReadUInt16BigEndian(sizes[2..]) + 1;
                at += 4;
                int reset = (control >> 5) & 3;
                if (reset == 3)
                    (_dictionary, needsDictionary) = (_length, false);
                if (needsDictionary)
                    throw Damaged("a chunk refers to a dictionary that there is none of");
                if (reset >= 2)
                    SetProperties(At(input, at++));
                if (reset >= 1)
                    ResetState();
                Grow(length);
                DecodeChunk(new RangeDecoder(Slice(input, at, packed)), _length + length);
                at += packed;
                continue;
            }

            if (control > 2)
                throw Damaged($"a chunk of unknown kind {control}");
            if (control == 1)
                (_dictionary, needsDictionary) = (_length, false);
            int size = BinaryPrimitives.ReadUInt16BigEndian(Slice(input, at, 2)) + 1;
            Grow(size);
            Slice(input, at + 2, size).CopyTo(_output.AsSpan(_length));
            _length += size;
            at += 2 + size;
        }
    }

    private static byte At(ReadOnlySpan<byte> input, int at) => at < input.Length ? input[at] : throw Damaged("it ends in the middle");

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> input, int at, int length) =>
        length <= input.Length - at ? input.Slice(at, length) : throw Damaged("it ends in the middle");

    private static InvalidDataException Damaged(string problem) => new($"LZMA2: {problem}");

    private void Grow(int length)
    {
        if (length > maxLength - _length)
            throw Damaged($"more than {maxLength >> 20} MiB are in it; unpack it first");
        if (_length + length > _output.Length)
            Array.Resize(ref _output, (int)Math.Min(maxLength, Math.Max(2L * _output.Length, _length + length)));
    }

    private void SetProperties(byte properties)
    {
        if (properties >= 9 * 5 * 5)
            throw Damaged("the properties are out of range");
        _literalContext = properties % 9;
        _literalPosition = properties / 9 % 5;
        _positionMask = (1 << (properties / 45)) - 1;
        if (_literalContext + _literalPosition > 4)
            throw Damaged("the properties are out of range");
        _literals = new ushort[0x300 << (_literalContext + _literalPosition)];
    }

    private void ResetState()
    {
        if (_literals.Length == 0)
            throw Damaged("a chunk has no properties");
        _state = 0;
        (_distance0, _distance1, _distance2, _distance3) = (0, 0, 0, 0);
        foreach (ushort[] probabilities in (ushort[][])[_isMatch, _isRepeated, _isRepeated0, _isRepeated1, _isRepeated2, _isRepeated0Long, _slots, _positions, _align, _literals])
            Array.Fill(probabilities, RangeDecoder.Even);
        _matchLength.Reset();
        _repeatedLength.Reset();
    }

    private void DecodeChunk(RangeDecoder coder, int end)
    {
        if (_literals.Length == 0)
            throw Damaged("a chunk has no properties");
        while (_length < end)
        {
            int position = (_length - _dictionary) & _positionMask;
            if (coder.Bit(ref _isMatch[(_state * PositionStates) + position]) == 0)
            {
                DecodeLiteral(ref coder);
                continue;
            }

            int length;
            if (coder.Bit(ref _isRepeated[_state]) == 0)
            {
                (_distance3, _distance2, _distance1) = (_distance2, _distance1, _distance0);
                length = _matchLength.Decode(ref coder, position);
                _state = _state < LiteralStates ? 7 : 10;
                _distance0 = DecodeDistance(ref coder, length);
            }
            else
            {
                if (coder.Bit(ref _isRepeated0[_state]) != 0)
                {
                    Choose(ref coder);
                }
                else if (coder.Bit(ref _isRepeated0Long[(_state * PositionStates) + position]) == 0)
                {
                    _state = _state < LiteralStates ? 9 : 11;
                    Copy(1, end);
                    continue;
                }

                length = _repeatedLength.Decode(ref coder, position);
                _state = _state < LiteralStates ? 8 : 11;
            }

            Copy(length + MinMatch, end);
        }
    }

    private void DecodeLiteral(ref RangeDecoder coder)
    {
        int before = _length > _dictionary ? _output[_length - 1] : 0;
        int context = (((_length - _dictionary) & ((1 << _literalPosition) - 1)) << _literalContext) + (before >> (8 - _literalContext));
        Span<ushort> probabilities = _literals.AsSpan(0x300 * context, 0x300);
        int symbol = 1;
        if (_state >= LiteralStates)
        {
            int match = _output[Source()];
            while (symbol < 0x100)
            {
                int wanted = (match >> 7) & 1;
                match <<= 1;
                int bit = coder.Bit(ref probabilities[((1 + wanted) << 8) + symbol]);
                symbol = (symbol << 1) | bit;
                if (bit != wanted)
                    break;
            }
        }

        while (symbol < 0x100)
            symbol = (symbol << 1) | coder.Bit(ref probabilities[symbol]);
        _output[_length++] = (byte)symbol;
        _state = _state < 4 ? 0 : _state < 10 ? _state - 3 : _state - 6;
    }

    /// <summary>Makes one of the three distances before the last one the last.</summary>
    private void Choose(ref RangeDecoder coder)
    {
        uint distance;
        if (coder.Bit(ref _isRepeated1[_state]) == 0)
        {
            distance = _distance1;
        }
        else
        {
            if (coder.Bit(ref _isRepeated2[_state]) == 0)
            {
                distance = _distance2;
            }
            else
            {
                distance = _distance3;
                _distance3 = _distance2;
            }

            _distance2 = _distance1;
        }

        _distance1 = _distance0;
        _distance0 = distance;
    }

    private uint DecodeDistance(ref RangeDecoder coder, int length)
    {
        int slot = coder.Tree(_slots.AsSpan(64 * Math.Min(length, 3), 64), 6);
        if (slot < 4)
            return (uint)slot;
        int direct = (slot >> 1) - 1;
        uint distance = (2 | ((uint)slot & 1)) << direct;
        return slot < EndPositionModel
            ? distance + coder.ReverseTree(_positions.AsSpan((int)distance - slot), direct)
            : distance + (coder.Direct(direct - AlignBits) << AlignBits) + coder.ReverseTree(_align, AlignBits);
    }

    private int Source()
    {
        long source = _length - 1L - _distance0;
        return source >= _dictionary ? (int)source : throw Damaged("a match lies before the start");
    }

    private void Copy(int length, int end)
    {
        int source = Source();
        if (length > end - _length)
            throw Damaged("a match goes past the end of its chunk");

        // What is copied may be what was just written.
        for (int i = 0; i < length; i++)
            _output[_length++] = _output[source++];
    }

    /// <summary>The probabilities of a length: short, middle or long.</summary>
    private sealed class Lengths
    {
        private const int Short = 8;

        private readonly ushort[] _short = new ushort[PositionStates * Short];
        private readonly ushort[] _middle = new ushort[PositionStates * Short];
        private readonly ushort[] _long = new ushort[256];
        private ushort _choice;
        private ushort _choice2;

        public void Reset()
        {
            _choice = _choice2 = RangeDecoder.Even;
            Array.Fill(_short, RangeDecoder.Even);
            Array.Fill(_middle, RangeDecoder.Even);
            Array.Fill(_long, RangeDecoder.Even);
        }

        public int Decode(ref RangeDecoder coder, int position) =>
            coder.Bit(ref _choice) == 0 ? coder.Tree(_short.AsSpan(position * Short, Short), 3)
            : coder.Bit(ref _choice2) == 0 ? Short + coder.Tree(_middle.AsSpan(position * Short, Short), 3)
            : (2 * Short) + coder.Tree(_long, 8);
    }

    /// <summary>Takes bits out of a chunk, each by how probable it is.</summary>
    private ref struct RangeDecoder
    {
        /// <summary>A bit of which nothing is known yet.</summary>
        public const ushort Even = 1 << (ModelBits - 1);

        private const int ModelBits = 11;
        private const int MoveBits = 5;
        private const uint Top = 1 << 24;

        private readonly ReadOnlySpan<byte> _input;
        private uint _range = uint.MaxValue;
        private uint _code;
        private int _at = 5;

        public RangeDecoder(ReadOnlySpan<byte> input)
        {
            _input = input;
            if (input.Length < 5 || input[0] != 0)
                throw Damaged("a chunk does not begin as one does");
            _code = BinaryPrimitives.ReadUInt32BigEndian(input[1..]);
        }

        public int Bit(ref ushort probability)
        {
            uint bound = (_range >> ModelBits) * probability;
            int bit;
            if (_code < bound)
            {
                probability += (ushort)(((1 << ModelBits) - probability) >> MoveBits);
                _range = bound;
                bit = 0;
            }
            else
            {
                probability -= (ushort)(probability >> MoveBits);
                _code -= bound;
                _range -= bound;
                bit = 1;
            }

            Normalize();
            return bit;
        }

        public int Tree(Span<ushort> probabilities, int bits)
        {
            int symbol = 1;
            for (int i = 0; i < bits; i++)
                symbol = (symbol << 1) | Bit(ref probabilities[symbol]);
            return symbol - (1 << bits);
        }

        public uint ReverseTree(Span<ushort> probabilities, int bits)
        {
            int node = 1;
            uint symbol = 0;
            for (int i = 0; i < bits; i++)
            {
                int bit = Bit(ref probabilities[node]);
                node = (node << 1) | bit;
                symbol |= (uint)bit << i;
            }

            return symbol;
        }

        public uint Direct(int bits)
        {
            uint result = 0;
            for (int i = 0; i < bits; i++)
            {
                _range >>= 1;
                uint isZero = _code < _range ? 1u : 0;
                if (isZero == 0)
                    _code -= _range;
                result = (result << 1) | (1 - isZero);
                Normalize();
            }

            return result;
        }

        private void Normalize()
        {
            if (_range >= Top)
                return;
            _range <<= 8;
            _code = (_code << 8) | At(_input, _at++);
        }
    }
}
