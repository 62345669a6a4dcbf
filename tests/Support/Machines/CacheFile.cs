using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.TestSupport;

/// <summary>Writes <c>/etc/ld.so.cache</c> files.</summary>
internal static class CacheFile
{
    private const int NewHeader = 48;

    /// <summary>The format since glibc 2.2; behind an empty part of the old format if asked.</summary>
    public static byte[] Build(bool behindOld, params (string Name, string Path, string? Level)[] entries)
    {
        int start = behindOld ? 16 : 0;
        string[] levels = [.. entries.Select(e => e.Level).OfType<string>().Distinct()];
        var strings = new StringBuilder();
        int stringsAt = NewHeader + (entries.Length * 24);
        var body = new byte[entries.Length * 24];
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = body.AsSpan(i * 24, 24);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x0303);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Add(entries[i].Name));
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], Add(entries[i].Path));
            if (entries[i].Level is { } level)
                BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], (1UL << 62) | (uint)Array.IndexOf(levels, level));
        }

        uint[] levelNames = [.. levels.Select(Add)];
        int extensionAt = (stringsAt + strings.Length + 3) / 4 * 4;
        var data = new byte[start + extensionAt + 24 + (levels.Length * 4)];
        Span<byte> cache = data.AsSpan(start);
        if (behindOld)
            "ld.so-1.7.0"u8.CopyTo(data);
        "glibc-ld.so.cache1.1"u8.CopyTo(cache);
        BinaryPrimitives.WriteInt32LittleEndian(cache[20..], entries.Length);
        BinaryPrimitives.WriteInt32LittleEndian(cache[24..], strings.Length);
        cache[28] = 2;
        BinaryPrimitives.WriteInt32LittleEndian(cache[32..], extensionAt);
        body.CopyTo(cache[NewHeader..]);
        Encoding.ASCII.GetBytes(strings.ToString()).CopyTo(cache[stringsAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(cache[extensionAt..], 0xEAA42174);
        BinaryPrimitives.WriteUInt32LittleEndian(cache[(extensionAt + 4)..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(cache[(extensionAt + 8)..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(cache[(extensionAt + 16)..], extensionAt + 24);
        BinaryPrimitives.WriteInt32LittleEndian(cache[(extensionAt + 20)..], levels.Length * 4);
        for (int i = 0; i < levels.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(cache[(extensionAt + 24 + (i * 4))..], levelNames[i]);
        return data;

        uint Add(string text)
        {
            int at = stringsAt + strings.Length;
            strings.Append(text).Append('\0');
            return (uint)at;
        }
    }

    /// <summary>The format before glibc 2.2 alone.</summary>
    public static byte[] BuildOld(string name, string path)
    {
        byte[] strings = Encoding.ASCII.GetBytes($"{name}\0{path}\0");
        var data = new byte[28 + strings.Length];
        "ld.so-1.7.0"u8.CopyTo(data);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), 1);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(16), 0x0303);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(24), name.Length + 1);
        strings.CopyTo(data, 28);
        return data;
    }
}
