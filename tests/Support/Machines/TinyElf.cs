using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.TestSupport;

/// <summary>Writes x86-64 executables and libraries that hold nothing but what the dynamic linker and the doctor look at.</summary>
internal sealed class TinyElf
{
    public string? Interpreter { get; init; }

    public string[] Needed { get; init; } = [];

    public string? SoName { get; init; }

    public string? RPath { get; init; }

    public string? RunPath { get; init; }

    /// <summary>The symbol versions that the library defines.</summary>
    public string[] Versions { get; init; } = [];

    /// <summary>The texts in its constants, each between zero bytes.</summary>
    public string[] Texts { get; init; } = [];

    public ushort Machine { get; init; } = 62;

    /// <summary>An executable that needs these libraries.</summary>
    public static TinyElf Executable(params string[] needed) => new() { Interpreter = "/lib64/ld-linux-x86-64.so.2", Needed = needed };

    /// <summary>A libbpf as its makers build it: symbol versions up to its own, and messages as of its time.</summary>
    public static TinyElf Libbpf(string version)
    {
        var parsed = Version.Parse(version);
        string[] known = ["0.0.1", "0.0.6", "0.3.0", "0.5.0", "0.6.0", "0.8.0", "1.0.0", "1.1.0", "1.5.0", "1.6.0", "1.7.0"];
        return new TinyElf
        {
            SoName = $"libbpf.so.{parsed.Major}",
            Versions = [.. known.Where(k => Version.Parse(k) <= parsed).Select(k => "LIBBPF_" + k)],
            Texts = LibbpfTexts(version),
        };
    }

    public static string[] LibbpfTexts(string version)
    {
        var parsed = Version.Parse(version);
        string error = parsed >= new Version(1, 6) ? "%s" : "%d";
        List<string> texts = ["libbpf: failed to load object '%s'\n", $"libbpf: failed to parse target BTF: {error}\n"];
        if (parsed >= new Version(0, 6))
            texts.Add($"v{parsed.Major}.{parsed.Minor}");
        if (parsed >= new Version(1, 0))
            texts.Add("enum64");
        if (parsed >= new Version(1, 5))
            texts.Add("LIBBPF_LOG_LEVEL");
        return [.. texts];
    }

    public byte[] Build()
    {
        var names = new Strings();
        List<(long Tag, long Value)> dynamic = [.. Needed.Select(name => (1L, (long)names.Add(name)))];
        AddText(14, SoName);
        AddText(15, RPath);
        AddText(29, RunPath);
        int[] versionNames = [.. Versions.Select(names.Add)];

        int at = 64 + (3 * 56);
        byte[] interpreter = Encoding.UTF8.GetBytes((Interpreter ?? string.Empty) + "\0");
        int interpreterAt = Place(interpreter.Length);
        int namesAt = Place(names.Bytes.Count);
        int versionsAt = Place(Versions.Length * 28);
        byte[] texts = Encoding.UTF8.GetBytes("\0" + string.Concat(Texts.Select(text => text + "\0\0")));
        int textsAt = Place(texts.Length);
        if (Versions.Length != 0)
            dynamic.AddRange([(0x6ffffffc, versionsAt), (0x6ffffffd, Versions.Length)]);
        dynamic.AddRange([(5, namesAt), (10, names.Bytes.Count), (0, 0)]);
        int dynamicAt = Place(dynamic.Count * 16);

        byte[] image = new byte[at];
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(image);
        UInt16(16, 3);
        UInt16(18, Machine);
        UInt32(20, 1);
        UInt64(32, 64);
        UInt16(52, 64);
        UInt16(54, 56);
        UInt16(56, 3);
        UInt16(58, 64);
        Segment(0, 1, 0, at);
        Segment(1, 2, dynamicAt, dynamic.Count * 16);
        Segment(2, Interpreter is null ? 0u : 3u, interpreterAt, interpreter.Length);
        interpreter.CopyTo(image, interpreterAt);
        names.Bytes.CopyTo(image, namesAt);
        texts.CopyTo(image, textsAt);
        for (int i = 0; i < Versions.Length; i++)
        {
            int record = versionsAt + (i * 28);
            UInt16(record, 1);
            UInt16(record + 4, i + 1);
            UInt16(record + 6, 1);
            UInt32(record + 12, 20);
            UInt32(record + 16, i + 1 < Versions.Length ? 28u : 0u);
            UInt32(record + 20, (uint)versionNames[i]);
        }

        for (int i = 0; i < dynamic.Count; i++)
        {
            UInt64(dynamicAt + (i * 16), dynamic[i].Tag);
            UInt64(dynamicAt + (i * 16) + 8, dynamic[i].Value);
        }

        return image;

        void AddText(long tag, string? text)
        {
            if (text is not null)
                dynamic.Add((tag, names.Add(text)));
        }

        int Place(int length)
        {
            int start = (at + 7) / 8 * 8;
            at = start + length;
            return start;
        }

        void Segment(int index, uint type, int offset, int length)
        {
            int header = 64 + (index * 56);
            UInt32(header, type);
            UInt32(header + 4, 4);
            UInt64(header + 8, offset);
            UInt64(header + 16, offset);
            UInt64(header + 32, length);
            UInt64(header + 40, length);
        }

        void UInt16(int offset, int value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(offset), (ushort)value);
        void UInt32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(offset), value);
        void UInt64(int offset, long value) => BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(offset), value);
    }

    private sealed class Strings
    {
        public List<byte> Bytes { get; } = [0];

        public int Add(string text)
        {
            int offset = Bytes.Count;
            Bytes.AddRange(Encoding.UTF8.GetBytes(text + "\0"));
            return offset;
        }
    }
}
