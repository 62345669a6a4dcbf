using System.Text;

namespace P3Ebpf.Btf;

/// <summary>A name in the string section: a view of its UTF-8 bytes, turned into a <see cref="string"/> only when asked.</summary>
public readonly struct BtfString : IEquatable<BtfString>
{
    private readonly BtfBlock _bytes;

    /// <summary>A name of one's own, for writing types.</summary>
    public BtfString(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        _bytes = new BtfBlock(bytes, 0, bytes.Length);
    }

    internal BtfString(BtfBlock bytes) => _bytes = bytes;

    /// <summary>The bytes of the name, without the terminating zero.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>Whether the name is empty, as that of every anonymous type.</summary>
    public bool IsEmpty => _bytes.Length == 0;

    /// <summary>A name of one's own, for writing types.</summary>
    public static implicit operator BtfString(string text) => new(text);

    /// <summary>Whether the two names have the same bytes.</summary>
    public static bool operator ==(BtfString left, BtfString right) => left.Equals(right);

    /// <summary>Whether the two names differ.</summary>
    public static bool operator !=(BtfString left, BtfString right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(BtfString other) => Bytes.SequenceEqual(other.Bytes);

    /// <summary>Whether the name has exactly these bytes.</summary>
    public bool Equals(ReadOnlySpan<byte> utf8) => Bytes.SequenceEqual(utf8);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BtfString other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => BtfNameHash.Of(Bytes);

    /// <summary>The name as text; bytes that are not UTF-8 become U+FFFD.</summary>
    public override string ToString() => Utf8Text.Of(Bytes);
}
