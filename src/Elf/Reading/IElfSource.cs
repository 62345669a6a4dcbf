namespace P3Ebpf.Elf;

/// <summary>Where the bytes of an ELF file come from.</summary>
internal interface IElfSource : IDisposable
{
    /// <summary>The file's path; null for bytes in memory.</summary>
    string? Path { get; }

    /// <summary>Size in bytes.</summary>
    long Length { get; }

    /// <summary>Bytes of a range that the caller has checked against <see cref="Length"/>; fewer if the file has shrunk since.</summary>
    ReadOnlyMemory<byte> Read(long offset, int length);
}
