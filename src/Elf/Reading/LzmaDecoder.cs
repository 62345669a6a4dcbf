namespace P3Ebpf.Elf;

/// <summary>
/// Decodes LZMA2, of which xz streams consist: chunks that are stored or coded by LZMA, over one dictionary. The whole output is kept
/// in memory and serves as that dictionary. Whatever is not sound data ends in <see cref="InvalidDataException"/>.
/// </summary>
/// <remarks>The format is that of the LZMA specification (LZMA SDK) and of the Linux kernel's lib/xz/xz_dec_lzma2.c.</remarks>
internal sealed class LzmaDecoder(int maxSize)
{
    private const int States = 12, FirstStateAfterLiterals = 7;
    private const int MaxPositionStates = 16;
    private const int MinMatch = 2;
    private const int LengthStates = 4, SlotBits = 6, FirstModelledSlot = 4, FirstDirectSlot = 14, AlignBits = 4;
    private const ushort EvenOdds = 1024;

    private readonly ushort[] _isMatch = new ushort[States * MaxPositionStates];
    private readonly ushort[] _isRepeat = new ushort[States];
    private readonly ushort[] _isRepeat0 = new ushort[States];
    private readonly ushort[] _isRepeat1 = new ushort[States];
    private readonly ushort[] _isRepeat2 = new ushort[States];
    private readonly ushort[] _isRepeat0Long = new ushort[States * MaxPositionStates];
    private readonly ushort[] _slots = new ushort[LengthStates << SlotBits];
    private readonly ushort[] _distanceBits = new ushort[1 + 128 - FirstDirectSlot];
    private readonly ushort[] _alignment = new ushort[1 << AlignBits];
    private readonly LengthModel _matchLength = new();
    private readonly LengthModel _repeatLength = new();
    private ushort[] _literals = [];
    private int _literalContextBits, _literalPositionMask, _positionMask;
    private int _state;
    private uint _distance0, _distance1, _distance2, _distance3;

    private byte[] _output = [];
    private int _count, _dictionaryStart;
    private bool _hasProperties;

    /// <summary>Decodes chunks up to their end mark.</summary>
    /// <returns>How many bytes of input they took.</returns>
    public int Decode(ReadOnlySpan<byte> input)
    {
        int position = 0;
        // Every stream begins with a chunk that resets the dictionary.
        bool needsReset = true;
        for (int control; (control = At(input, position)) != 0;)
        {
            bool isCoded = control >= 0x80;
            if (!isCoded && control > 2)
                throw new InvalidDataException($"There is no chunk of kind {control}.");
            bool resetsDictionary = isCoded ? control >= 0xe0 : control == 1;
            if (needsReset && !resetsDictionary)
                throw new InvalidDataException("The first chunk refers to what is before it.");
            if (resetsDictionary)
                _dictionaryStart = _count;
            needsReset = false;
            position += isCoded ? DecodeCoded(input.Slice(position), control) : CopyStored(input.Slice(position));
        }

        return position + 1;
    }

    /// <summary>All output so far.</summary>
    public ReadOnlyMemory<byte> Output => _output.AsMemory(0, _count);

    /// <summary>Whether decoding ended because there was too much output.</summary>
    public bool HasReachedLimit { get; private set; }

    private static int At(ReadOnlySpan<byte> input, int position) =>
        position < input.Length ? input[position] : throw new InvalidDataException("The data ends inside a chunk.");

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> input, int start, int length) =>
        length <= input.Length - start ? input.Slice(start, length) : throw new InvalidDataException("The data ends inside a chunk.");

    private int CopyStored(ReadOnlySpan<byte> input)
    {
        int size = (At(input, 1) << 8 | At(input, 2)) + 1;
        ReadOnlySpan<byte> bytes = Part(input, 3, size);
        Reserve(size);
        bytes.CopyTo(_output.AsSpan(_count));
        _count += size;
        return 3 + size;
    }

    private int DecodeCoded(ReadOnlySpan<byte> input, int control)
    {
        int size = ((control & 0x1f) << 16 | At(input, 1) << 8 | At(input, 2)) + 1;
        int codedSize = (At(input, 3) << 8 | At(input, 4)) + 1;
        int start = 5;
        int reset = control >> 5 & 3;
        if (reset >= 2)
            SetProperties(At(input, start++));
        if (!_hasProperties)
            throw new InvalidDataException("The first coded chunk does not say how it is coded.");
        if (reset != 0)
            ResetState();
        Reserve(size);
        DecodeSymbols(Part(input, start, codedSize), _count + size);
        return start + codedSize;
    }

    private void Reserve(int size)
    {
        if (HasReachedLimit = size > maxSize - _count)
            throw new InvalidDataException("There is more output than the limit allows.");
        if (_count + size > _output.Length)
            Array.Resize(ref _output, (int)Math.Min(maxSize, Math.Max((long)_count + size, 2L * _output.Length)));
    }

    private void SetProperties(int properties)
    {
        // (pb * 5 + lp) * 9 + lc, of which LZMA2 limits lc + lp.
        int contextBits = properties % 9, positionBits = properties / 9 % 5;
        if (properties > (4 * 5 + 4) * 9 + 8 || contextBits + positionBits > 4)
            throw new InvalidDataException($"{properties} is no way to code.");
        _literalContextBits = contextBits;
        _literalPositionMask = (1 << positionBits) - 1;
        _positionMask = (1 << properties / 45) - 1;
        _literals = new ushort[0x300 << (contextBits + positionBits)];
        _hasProperties = true;
    }

    private void ResetState()
    {
        _state = 0;
        _distance0 = _distance1 = _distance2 = _distance3 = 0;
        foreach (ushort[] odds in (ushort[][])[_isMatch, _isRepeat, _isRepeat0, _isRepeat1, _isRepeat2, _isRepeat0Long, _slots, _distanceBits, _alignment, _literals])
            odds.AsSpan().Fill(EvenOdds);
        _matchLength.Reset();
        _repeatLength.Reset();
    }

    private void DecodeSymbols(ReadOnlySpan<byte> input, int end)
    {
        var bits = new RangeDecoder(input);
        while (_count < end)
        {
            int positionState = (_count - _dictionaryStart) & _positionMask;
            int context = _state * MaxPositionStates + positionState;
            if (bits.Bit(ref _isMatch[context]) == 0)
                DecodeLiteral(ref bits);
            else if (bits.Bit(ref _isRepeat[_state]) == 0)
                DecodeMatch(ref bits, positionState, end);
            else
                DecodeRepeat(ref bits, positionState, context, end);
        }

        if (!bits.IsAtEnd)
            throw new InvalidDataException("A chunk does not end where it should.");
    }

    private void DecodeLiteral(ref RangeDecoder bits)
    {
        int previous = _count > _dictionaryStart ? _output[_count - 1] : 0;
        int position = (_count - _dictionaryStart) & _literalPositionMask;
        Span<ushort> odds = _literals.AsSpan(0x300 * ((position << _literalContextBits) + (previous >> (8 - _literalContextBits))), 0x300);
        int symbol = 1;
        if (_state >= FirstStateAfterLiterals)
        {
            // After a match, the byte that would have continued it tells what the literal is not.
            int likely = _output[Source(_distance0)];
            while (symbol < 0x100)
            {
                int likelyBit = likely >> 7 & 1;
                likely <<= 1;
                int bit = bits.Bit(ref odds[((1 + likelyBit) << 8) + symbol]);
                symbol = symbol << 1 | bit;
                if (bit != likelyBit)
                    break;
            }
        }

        while (symbol < 0x100)
            symbol = symbol << 1 | bits.Bit(ref odds[symbol]);
        _output[_count++] = (byte)symbol;
        _state = _state < 4 ? 0 : _state < 10 ? _state - 3 : _state - 6;
    }

    private void DecodeMatch(ref RangeDecoder bits, int positionState, int end)
    {
        (_distance3, _distance2, _distance1) = (_distance2, _distance1, _distance0);
        int length = _matchLength.Decode(ref bits, positionState);
        _state = _state < FirstStateAfterLiterals ? 7 : 10;
        _distance0 = DecodeDistance(ref bits, Math.Min(length, LengthStates - 1));
        Copy(length + MinMatch, end);
    }

    private uint DecodeDistance(ref RangeDecoder bits, int lengthState)
    {
        int slot = bits.Tree(_slots.AsSpan(lengthState << SlotBits, 1 << SlotBits), SlotBits);
        if (slot < FirstModelledSlot)
            return (uint)slot;
        int lowBits = (slot >> 1) - 1;
        uint distance = (2u | (uint)slot & 1) << lowBits;
        return slot < FirstDirectSlot
            ? distance + (uint)bits.ReverseTree(_distanceBits.AsSpan((int)distance - slot), lowBits)
            : distance + (bits.Direct(lowBits - AlignBits) << AlignBits) + (uint)bits.ReverseTree(_alignment, AlignBits);
    }

    private void DecodeRepeat(ref RangeDecoder bits, int positionState, int context, int end)
    {
        if (bits.Bit(ref _isRepeat0[_state]) == 0)
        {
            if (bits.Bit(ref _isRepeat0Long[context]) == 0)
            {
                _state = _state < FirstStateAfterLiterals ? 9 : 11;
                Copy(1, end);
                return;
            }
        }
        else if (bits.Bit(ref _isRepeat1[_state]) == 0)
        {
            (_distance0, _distance1) = (_distance1, _distance0);
        }
        else if (bits.Bit(ref _isRepeat2[_state]) == 0)
        {
            (_distance0, _distance1, _distance2) = (_distance2, _distance0, _distance1);
        }
        else
        {
            (_distance0, _distance1, _distance2, _distance3) = (_distance3, _distance0, _distance1, _distance2);
        }

        int length = _repeatLength.Decode(ref bits, positionState) + MinMatch;
        _state = _state < FirstStateAfterLiterals ? 8 : 11;
        Copy(length, end);
    }

    private int Source(uint distance) =>
        distance < (uint)(_count - _dictionaryStart) ? _count - (int)distance - 1 : throw new InvalidDataException("A match lies before the data.");

    private void Copy(int length, int end)
    {
        int from = Source(_distance0);
        if (length > end - _count)
            throw new InvalidDataException("A match reaches beyond its chunk.");
        // Source and target may overlap: that is how runs are coded.
        for (; length > 0; length--)
            _output[_count++] = _output[from++];
    }

    /// <summary>How long matches are, less <see cref="MinMatch"/>: three ranges, of which the lower two depend on the position.</summary>
    private sealed class LengthModel
    {
        private readonly ushort[] _choice = new ushort[2];
        private readonly ushort[] _low = new ushort[MaxPositionStates << 3];
        private readonly ushort[] _middle = new ushort[MaxPositionStates << 3];
        private readonly ushort[] _high = new ushort[1 << 8];

        public void Reset()
        {
            foreach (ushort[] odds in (ushort[][])[_choice, _low, _middle, _high])
                odds.AsSpan().Fill(EvenOdds);
        }

        public int Decode(ref RangeDecoder bits, int positionState)
        {
            if (bits.Bit(ref _choice[0]) == 0)
                return bits.Tree(_low.AsSpan(positionState << 3, 8), 3);
            return bits.Bit(ref _choice[1]) == 0
                ? 8 + bits.Tree(_middle.AsSpan(positionState << 3, 8), 3)
                : 16 + bits.Tree(_high, 8);
        }
    }

    /// <summary>Reads bits whose odds adapt to what was read.</summary>
    private ref struct RangeDecoder
    {
        private const int OddsBits = 11, Adaptation = 5;
        private readonly ReadOnlySpan<byte> _input;
        private int _position;
        private uint _range, _code;

        public RangeDecoder(ReadOnlySpan<byte> input)
        {
            _input = input;
            _range = uint.MaxValue;
            if (Next() != 0)
                throw new InvalidDataException("A chunk does not begin as chunks do.");
            for (int index = 0; index < 4; index++)
                _code = _code << 8 | Next();
        }

        public readonly bool IsAtEnd => _position == _input.Length && _code == 0;

        public int Bit(ref ushort odds)
        {
            uint bound = (_range >> OddsBits) * odds;
            int bit = _code < bound ? 0 : 1;
            if (bit == 0)
            {
                _range = bound;
                odds += (ushort)(((1 << OddsBits) - odds) >> Adaptation);
            }
            else
            {
                _range -= bound;
                _code -= bound;
                odds -= (ushort)(odds >> Adaptation);
            }

            Normalize();
            return bit;
        }

        public int Tree(Span<ushort> odds, int bits)
        {
            int symbol = 1;
            for (int count = 0; count < bits; count++)
                symbol = symbol << 1 | Bit(ref odds[symbol]);
            return symbol - (1 << bits);
        }

        public int ReverseTree(Span<ushort> odds, int bits)
        {
            int node = 1, symbol = 0;
            for (int count = 0; count < bits; count++)
            {
                int bit = Bit(ref odds[node]);
                node = node << 1 | bit;
                symbol |= bit << count;
            }

            return symbol;
        }

        public uint Direct(int bits)
        {
            uint value = 0;
            for (; bits > 0; bits--)
            {
                _range >>= 1;
                uint bit = _code >= _range ? 1u : 0;
                _code -= bit * _range;
                value = value << 1 | bit;
                Normalize();
            }

            return value;
        }

        private void Normalize()
        {
            if (_range < 1 << 24)
            {
                _range <<= 8;
                _code = _code << 8 | Next();
            }
        }

        private uint Next() => (uint)At(_input, _position++);
    }
}
