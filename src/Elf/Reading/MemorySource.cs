namespace P3Ebpf.Elf;

/// <summary>An ELF file in memory: reading is slicing.</summary>
internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : IElfSource
{
    public string? Path => null;

    public long Length => bytes.Length;

    public ReadOnlyMemory<byte> Read(long offset, int length) => bytes.Slice((int)offset, length);

    public void Dispose()
    {
    }
}
