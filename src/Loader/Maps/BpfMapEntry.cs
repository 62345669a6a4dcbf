namespace P3Ebpf.Loader.Maps;

/// <summary>A key and its value as bytes.</summary>
public readonly ref struct BpfMapEntry
{
    internal BpfMapEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Key = key;
        Value = value;
    }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value; for per-CPU kinds those of all possible CPUs, each rounded up to 8 bytes.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
