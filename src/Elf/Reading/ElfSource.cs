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

/// <summary>An ELF file on disk, of which only the ranges asked for are read; a small one, as BPF objects are, is read at once.</summary>
internal sealed class FileSource : IElfSource
{
    private const int Small = 1 << 20;

    private readonly FileStream _stream;
    private ReadOnlyMemory<byte>? _whole;

    private FileSource(string path, FileStream stream)
    {
        Path = path;
        _stream = stream;
        Length = stream.Length;
    }

    public string Path { get; }

    public long Length { get; }

    public static FileSource Open(string path)
    {
        RefuseWhatIsNoFile(path);
        // Sharing everything takes no lock on the file; a buffer of one byte means none.
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        if (stream.CanSeek)
            return new FileSource(path, stream);
        stream.Dispose();
        throw NotAFile(path, "a pipe or device");
    }

    public ReadOnlyMemory<byte> Read(long offset, int length)
    {
        if (Length > Small)
            return ReadRange(offset, length);
        ReadOnlyMemory<byte> whole = _whole ??= ReadRange(0, (int)Length);
        int start = (int)Math.Min(offset, whole.Length);
        return whole.Slice(start, Math.Min(length, whole.Length - start));
    }

    private ReadOnlyMemory<byte> ReadRange(long offset, int length)
    {
#if NET
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
#else
        byte[] bytes = new byte[length];
#endif
        int count = 0;
        for (int read = -1; count < length && read != 0; count += read)
            read = ReadOnce(bytes, count, offset + count);
        return bytes.AsMemory(0, count);
    }

    public void Dispose() => _stream.Dispose();

#if NET
    private int ReadOnce(byte[] bytes, int start, long offset) =>
        RandomAccess.Read(_stream.SafeFileHandle, bytes.AsSpan(start), offset);
#else
    private int ReadOnce(byte[] bytes, int start, long offset)
    {
        lock (_stream)
        {
            _stream.Position = offset;
            return _stream.Read(bytes, start, bytes.Length - start);
        }
    }
#endif

    /// <summary>Opening a pipe that nobody writes to would wait for ever, so this looks at the path first.</summary>
    private static void RefuseWhatIsNoFile(string path)
    {
        if (Directory.Exists(path))
            throw NotAFile(path, "a directory");
        var file = new FileInfo(path);
#if NET
        // The length of a link is that of the path it holds.
        if (file.Exists && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            file = target;
#endif
        if (file.Exists && file.Length == 0)
            throw new ElfFormatException(ElfErrorCode.Empty,
                "there are no bytes: an empty file, a pipe or a device. Give a regular ELF file.", file: path);
    }

    private static ElfFormatException NotAFile(string path, string what) =>
        new(ElfErrorCode.NotAFile, $"this is {what}. Give a regular ELF file.", file: path);
}
