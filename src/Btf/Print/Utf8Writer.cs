namespace P3Ebpf.Btf;

/// <summary>Text as UTF-8 bytes, collected in one buffer and handed to a stream in large pieces.</summary>
internal sealed class Utf8Writer
{
    private const int FlushAt = 1 << 16;

    private readonly Stream? _stream;
    private byte[] _buffer;
    private int _count;
    private long _flushed;

    /// <param name="stream">Where the text goes; <see langword="null"/> keeps it in memory.</param>
    public Utf8Writer(Stream? stream = null)
    {
        _stream = stream;
        _buffer = new byte[stream is null ? 256 : FlushAt + (FlushAt / 4)];
    }

    /// <summary>Bytes written so far.</summary>
    public long Length => _flushed + _count;

    public void Write(byte value)
    {
        if (_count == _buffer.Length)
            MakeRoom(1);
        _buffer[_count++] = value;
    }

    public void Write(ReadOnlySpan<byte> text)
    {
        if (text.Length > _buffer.Length - _count)
            MakeRoom(text.Length);
        text.CopyTo(_buffer.AsSpan(_count));
        _count += text.Length;
    }

    public void Write(BtfString text) => Write(text.Bytes);

    /// <summary>Writes a name that may hold line feeds or tabs: control characters become <c>\u000a</c>.</summary>
    public void WriteOneLine(BtfString text)
    {
        ReadOnlySpan<byte> bytes = text.Bytes;
        int plain = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte value = bytes[i];
            if (value >= (byte)' ')
                continue;
            Write(bytes.Slice(plain, i - plain));
            plain = i + 1;
            Write("\\u00"u8);
            Write((byte)('0' + (value >> 4)));
            Write((byte)"0123456789abcdef"[value & 0xF]);
        }

        Write(bytes.Slice(plain));
    }

    public void Write(long value)
    {
        if (value < 0)
        {
            Write((byte)'-');
            Write((ulong)-value);
            return;
        }

        Write((ulong)value);
    }

    public void Write(ulong value)
    {
        const int MaxDigits = 20;
        if (_buffer.Length - _count < MaxDigits)
            MakeRoom(MaxDigits);
        int end = _count + DigitCount(value);
        _count = end;
        if (value <= uint.MaxValue)
        {
            // Nearly all numbers are small, and 32-bit division is cheaper.
            uint small = (uint)value;
            do
            {
                uint rest = small / 10;
                _buffer[--end] = (byte)('0' + (small - (rest * 10)));
                small = rest;
            }
            while (small != 0);
            return;
        }

        do
        {
            _buffer[--end] = (byte)('0' + (value % 10));
            value /= 10;
        }
        while (value != 0);
    }

    /// <summary>A number with spaces before it, so that numbers of up to so many digits end in one column.</summary>
    public void WriteRight(ulong value, int width)
    {
        WriteSpaces(width - DigitCount(value));
        Write(value);
    }

    /// <summary>Writes so many spaces; none where the number is negative.</summary>
    public void WriteSpaces(int count) => WriteRepeated((byte)' ', count);

    /// <summary>Writes so many tabs; none where the number is negative.</summary>
    public void WriteTabs(int count) => WriteRepeated((byte)'\t', count);

    /// <summary>Hands all that is left to the stream.</summary>
    public void Flush()
    {
        if (_stream is null || _count == 0)
            return;
        _stream.Write(_buffer, 0, _count);
        _flushed += _count;
        _count = 0;
    }

    /// <summary>What has been written, where there is no stream; until more is.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _count);

    /// <summary>Writes what has been written to another stream, where there is none.</summary>
    public void CopyTo(Stream output) => output.Write(_buffer, 0, _count);

    /// <summary>Forgets what has been written, where there is no stream.</summary>
    public void Clear() => _count = 0;

    /// <summary>What has been written, where there is no stream.</summary>
    public override string ToString() => Utf8Text.Of(Written);

    private void WriteRepeated(byte value, int count)
    {
        for (int i = 0; i < count; i++)
            Write(value);
    }

    private static int DigitCount(ulong value)
    {
        int digits = 1;
        for (; value >= 10; value /= 10)
            digits++;
        return digits;
    }

    private void MakeRoom(int wanted)
    {
        Flush();
        if (wanted > _buffer.Length - _count)
            Array.Resize(ref _buffer, checked((int)Math.Max(_buffer.Length * 2L, _count + (long)wanted)));
    }
}
