namespace P3Ebpf.Elf;

/// <summary>
/// Bytes of a file together with where they come from, so that every fault found in them can name its place.
/// Numbers are read in the file's byte order; positions are relative to the region and must lie inside it.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="section">The section's name, or null outside sections.</param>
/// <param name="offset">Byte offset of the region in the file.</param>
/// <param name="bytes">The bytes.</param>
/// <param name="isDecompressed">The bytes do not stand in the file like this, so that positions in them are none in the file.</param>
internal sealed class ElfRegion(ElfFile file, string? section, long offset, ReadOnlyMemory<byte> bytes, bool isDecompressed = false)
{
    public ElfFile File => file;

    public string? Section => section;

    public long Offset => offset;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public int Length => bytes.Length;

    public byte Byte(int position) => bytes.Span[position];

    public ushort UInt16(int position) => file.Encoding.UInt16(bytes.Span.Slice(position));

    public uint UInt32(int position) => file.Encoding.UInt32(bytes.Span.Slice(position));

    public ulong UInt64(int position) => file.Encoding.UInt64(bytes.Span.Slice(position));

    public ulong Word(int position) => file.Encoding.Word(bytes.Span.Slice(position));

    /// <summary>The number of entries, if the region consists of entries of this size.</summary>
    public int CountOf(int entrySize)
    {
        if (Length % entrySize != 0)
            throw Error(ElfErrorCode.BadTableSize, 0,
                $"a table of {Length} bytes does not consist of entries of {entrySize} bytes. {ElfFile.Rebuild}");
        return Length / entrySize;
    }

    public ElfFormatException Error(ElfErrorCode code, long position, string message, Exception? cause = null) =>
        new(code, message, isDecompressed ? offset : offset + position, section, file.Path, cause);
}
