using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace P3Ebpf.Loader.Interop;

/// <summary>The name of a map or program as the kernel keeps it: 15 bytes and a zero (BPF_OBJ_NAME_LEN).</summary>
[InlineArray(Size)]
internal struct KernelName
{
    private const int Size = 16;

    private static readonly SearchValues<byte> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."u8);

    private byte _first;

    /// <summary>Cuts a name to length and replaces what the kernel refuses by <c>_</c>.</summary>
    public static KernelName From(string name)
    {
        KernelName result = default;
        Span<byte> bytes = result;
        bytes = bytes[..(Size - 1)];
        _ = Encoding.UTF8.TryGetBytes(name.AsSpan(0, Math.Min(name.Length, Size - 1)), bytes, out _);
        int end = bytes.IndexOf((byte)0);
        bytes = end < 0 ? bytes : bytes[..end];
        for (int at; (at = bytes.IndexOfAnyExcept(Allowed)) >= 0;)
            bytes[at] = (byte)'_';
        return result;
    }

    /// <inheritdoc/>
    public override readonly string ToString()
    {
        ReadOnlySpan<byte> bytes = this;
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
