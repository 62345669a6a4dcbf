using System.Buffers;
using System.Text;

namespace P3Ebpf.Cli.Output;

/// <summary>
/// Lets UTF-8 text through to another stream, made <see cref="Printable"/>, but for the line feeds and tabs, which are the printer's own.
/// Bytes that are no UTF-8 become U+FFFD.
/// </summary>
/// <param name="target">Where the text goes; left open.</param>
internal sealed class PrintableStream(Stream target) : Stream
{
    private const int LongestRune = 4;

    private static readonly SearchValues<byte> Plain = SearchValues.Create([(byte)'\t', (byte)'\n', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (byte)value)]);

    /// <summary>The beginning of a character whose end has not come yet.</summary>
    private readonly byte[] _begun = new byte[LongestRune];
    private int _begunLength;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_begunLength > 0)
            {
                _begun[_begunLength++] = buffer[0];
                buffer = buffer[1..];
                Continue();
                continue;
            }

            int plain = buffer.IndexOfAnyExcept(Plain);
            target.Write(plain < 0 ? buffer : buffer[..plain]);
            if (plain < 0)
                return;
            buffer = buffer[plain..];
            OperationStatus status = Rune.DecodeFromUtf8(buffer, out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                buffer.CopyTo(_begun);
                _begunLength = buffer.Length;
                return;
            }

            Write(rune);
            buffer = buffer[length..];
        }
    }

    /// <inheritdoc/>
    public override void Flush() => target.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_begunLength > 0)
            Write(Rune.ReplacementChar);
        _begunLength = 0;
        base.Dispose(disposing);
    }

    /// <summary>Takes up the character that had begun, now that another byte of it is there.</summary>
    private void Continue()
    {
        Span<byte> begun = stackalloc byte[LongestRune];
        _begun.CopyTo(begun);
        begun = begun[.._begunLength];
        OperationStatus status = Rune.DecodeFromUtf8(begun, out Rune rune, out int length);
        if (status == OperationStatus.NeedMoreData)
            return;
        _begunLength = 0;
        Write(rune);

        // What does not belong to it begins anew.
        Write(begun[length..]);
    }

    private void Write(Rune rune) => target.Write(Encoding.UTF8.GetBytes(Printable.Of(rune.ToString())));
}
