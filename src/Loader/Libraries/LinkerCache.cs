using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Loader.Libraries;

/// <summary>The dynamic linker's list of libraries, <c>/etc/ld.so.cache</c>.</summary>
/// <remarks>
/// Formats: glibc's sysdeps/generic/dl-cache.h. The new one (<c>glibc-ld.so.cache1.1</c>) may follow the old one (<c>ld.so-1.7.0</c>) in
/// the same file. Offsets of strings count from the start of the format that has them.
/// </remarks>
internal sealed class LinkerCache
{
    public const string Path = "/etc/ld.so.cache";

    private const int OldHeader = 16;
    private const int OldEntry = 12;
    private const int NewHeader = 48;
    private const int NewEntry = 24;
    private const int FlagsOffset = 28;
    private const int ExtensionOffset = 32;
    private const uint ExtensionMagic = 0xEAA42174;
    private const uint HwcapsTag = 1;
    private const ulong HwcapsEntry = 1UL << 62;
    private const byte BigEndian = 3;

    private readonly byte[] _data;
    private readonly int _start;
    private readonly bool _isBigEndian;

    /// <summary>How much of names and paths is still read: more than a cache holds whose names do not overlap.</summary>
    private long _textLeft;
    private readonly Dictionary<string, List<LinkerCacheEntry>> _entries = new(StringComparer.Ordinal);

    private LinkerCache(byte[] data, int start)
    {
        _data = data;
        _textLeft = 4L * data.Length;
        _start = start;
        _isBigEndian = data[start + FlagsOffset] == BigEndian;
        List<string> hwcaps = ReadHwcaps();
        uint count = UInt32(20);
        for (uint i = 0; i < count; i++)
        {
            long at = NewHeader + ((long)i * NewEntry);
            if (_start + at + NewEntry > _data.Length)
                break;
            ulong hwcap = UInt64((int)at + 16);
            string? variant = hwcap == 0 ? null
                : (hwcap & HwcapsEntry) != 0 && (uint)hwcap < hwcaps.Count ? hwcaps[(int)(uint)hwcap]
                : "legacy";
            Add(Text(UInt32((int)at + 4)), new LinkerCacheEntry(Text(UInt32((int)at + 8)), variant));
        }
    }

    private LinkerCache(byte[] data)
    {
        _data = data;
        _textLeft = 4L * data.Length;
        int count = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(12));
        _start = OldHeader + (count * OldEntry);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = data.AsSpan(OldHeader + (i * OldEntry), OldEntry);
            Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])), new LinkerCacheEntry(Text(BinaryPrimitives.ReadUInt32LittleEndian(entry[8..])), null));
        }
    }

    private static ReadOnlySpan<byte> OldMagic => "ld.so-1.7.0"u8;

    private static ReadOnlySpan<byte> NewMagic => "glibc-ld.so.cache1.1"u8;

    /// <summary>Reads the cache of a machine; <see langword="null"/> where there is none, or it has another format.</summary>
    public static LinkerCache? Read(FileTree files) => files.ReadBytes(Path) is { } data ? Parse(data) : null;

    /// <summary>Reads a cache; <see langword="null"/> where the data has another format.</summary>
    public static LinkerCache? Parse(byte[] data)
    {
        if (data.AsSpan().StartsWith(NewMagic) && data.Length >= NewHeader)
            return new LinkerCache(data, 0);
        if (!data.AsSpan().StartsWith(OldMagic) || data.Length < OldHeader)
            return null;

        // The old format has no mark of its byte order, and the machines that still have it are little-endian.
        long end = OldHeader + (BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(12)) * (long)OldEntry);
        if (end > data.Length)
            return null;
        int start = (int)((end + 7) / 8 * 8);
        return start + NewHeader <= data.Length && data.AsSpan(start).StartsWith(NewMagic) ? new LinkerCache(data, start) : new LinkerCache(data);
    }

    /// <summary>The files that a name stands for, in the order of the cache.</summary>
    public IReadOnlyList<LinkerCacheEntry> Find(string name) => _entries.TryGetValue(name, out List<LinkerCacheEntry>? found) ? found : [];

    /// <summary>All names.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    private void Add(string name, LinkerCacheEntry entry)
    {
        if (_entries.TryGetValue(name, out List<LinkerCacheEntry>? entries))
            entries.Add(entry);
        else
            _entries.Add(name, [entry]);
    }

    /// <summary>The names of the processor levels that entries refer to by number (glibc 2.33).</summary>
    private List<string> ReadHwcaps()
    {
        var names = new List<string>();
        uint extension = UInt32(ExtensionOffset);
        if (extension == 0 || UInt32(extension) != ExtensionMagic)
            return names;
        uint sections = Math.Min(UInt32(extension + 4), 64);
        for (uint i = 0; i < sections; i++)
        {
            long section = extension + 8 + (i * 16);
            if (UInt32(section) != HwcapsTag)
                continue;
            uint offset = UInt32(section + 8);
            uint count = Math.Min(UInt32(section + 12) / 4, 1024);
            for (uint k = 0; k < count; k++)
                names.Add(Text(UInt32(offset + (k * 4))));
        }

        return names;
    }

    private string Text(uint offset)
    {
        long at = _start + (long)offset;
        if (at >= _data.Length)
            return string.Empty;
        ReadOnlySpan<byte> rest = _data.AsSpan((int)at);
        int end = rest.IndexOf((byte)0);
        if (end >= 0)
            rest = rest[..end];
        _textLeft -= rest.Length;
        return _textLeft < 0 ? string.Empty : Encoding.UTF8.GetString(rest);
    }

    private uint UInt32(long offset)
    {
        if (_start + offset + 4 > _data.Length)
            return 0;
        ReadOnlySpan<byte> bytes = _data.AsSpan((int)(_start + offset));
        return _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private ulong UInt64(int offset)
    {
        ReadOnlySpan<byte> bytes = _data.AsSpan(_start + offset);
        return _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}

/// <summary>A library that the dynamic linker's cache lists.</summary>
/// <param name="Path">The file.</param>
/// <param name="Variant">The processor level that it is built for, such as <c>x86-64-v3</c>; <see langword="null"/> for every processor.</param>
internal readonly record struct LinkerCacheEntry(string Path, string? Variant);
