using System.Text;

namespace P3Ebpf.Btf;

/// <summary>Recognises what a file without BTF's magic number is instead.</summary>
internal static class BtfDisguises
{
    private const string CopyInBinary = "copy the original again, as binary data";

    private static readonly (string Code, int Offset, byte[] Bytes, string What, string Action)[] Signatures =
    [
        (BtfFindingCodes.ElfFile, 0, [0x7F, (byte)'E', (byte)'L', (byte)'F'], "an ELF file", "take the contents of its section .BTF (btf-inspect extract)"),
        (BtfFindingCodes.GzipFile, 0, [0x1F, 0x8B], "compressed with gzip", "unpack it: gunzip"),
        (BtfFindingCodes.XzFile, 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "compressed with xz", "unpack it: unxz (archives of BTFHub hold tar files: tar xJf)"),
        (BtfFindingCodes.ZstdFile, 0, [0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd", "unpack it: unzstd"),
        (BtfFindingCodes.Bzip2File, 0, [(byte)'B', (byte)'Z', (byte)'h'], "compressed with bzip2", "unpack it: bunzip2"),
        (BtfFindingCodes.Lz4File, 0, [0x04, 0x22, 0x4D, 0x18], "compressed with lz4", "unpack it: unlz4"),
        (BtfFindingCodes.ArchiveFile, 0, [(byte)'P', (byte)'K', 0x03, 0x04], "a zip archive", "unpack it: unzip"),
        (BtfFindingCodes.ArchiveFile, 0, "!<arch>\n"u8.ToArray(), "an ar archive, such as a Debian package", "unpack it: dpkg-deb -x, or ar x"),
        (BtfFindingCodes.ArchiveFile, 257, "ustar"u8.ToArray(), "a tar archive", "unpack it: tar xf"),
        (BtfFindingCodes.LfsPointer, 0, "version https://git-lfs"u8.ToArray(), "the pointer that stands for a file in Git LFS", "fetch the file: git lfs pull"),
    ];

    public static BtfDisguise? Identify(ReadOnlySpan<byte> data)
    {
        foreach ((string code, int offset, byte[] bytes, string what, string action) in Signatures)
        {
            if (data.Length >= offset + bytes.Length && data.Slice(offset, bytes.Length).SequenceEqual(bytes))
                return new BtfDisguise(code, "it is " + what, action);
        }

        return Blank(data) ?? Reencoded(data) ?? Inside(data) ?? Text(data);
    }

    /// <summary>Whether the pairs of bytes are swapped (<c>dd conv=swab</c>), which leaves a magic number of the other byte order.</summary>
    public static BtfDisguise? PairsSwapped(ReadOnlySpan<byte> data)
    {
        if (data.Length < BtfHeader.ShortLength || data[2] != 0 || data[3] != 1)
            return null;
        byte[] original = data.ToArray();
        for (int i = 0; i + 1 < original.Length; i += 2)
            (original[i], original[i + 1]) = (original[i + 1], original[i]);
        return new BtfDisguise(BtfFindingCodes.PairsSwapped, "the two bytes of each pair are swapped", "swap them back (dd conv=swab), or copy the file again", original);
    }

    /// <summary>The file before each of its line feeds became two bytes.</summary>
    public static BtfDisguise? CrLfExpanded(ReadOnlySpan<byte> data)
    {
        int lineFeeds = 0;
        for (int from = 0; from < data.Length;)
        {
            int at = data.Slice(from).IndexOf((byte)'\n');
            if (at < 0)
                break;
            from += at + 1;
            if (from < 2 || data[from - 2] != '\r')
                return null;
            lineFeeds++;
        }

        if (lineFeeds == 0)
            return null;
        byte[] original = new byte[data.Length - lineFeeds];
        int length = 0;
        for (int i = 0; i < data.Length; i++)
        {
            if (data[i] != '\r' || i + 1 == data.Length || data[i + 1] != '\n')
                original[length++] = data[i];
        }

        return new BtfDisguise(
            BtfFindingCodes.CrlfExpanded, $"a conversion of text put a carriage return before each of the {lineFeeds} line feeds",
            "copy the file again as binary data (git: mark it as binary in .gitattributes; FTP: type I)", original);
    }

    private static BtfDisguise? Blank(ReadOnlySpan<byte> data)
    {
        int start = 0;
        while (start < data.Length && data[start] == 0)
            start++;
        string rest = start == data.Length ? "all of it is zero" : $"the first {start} bytes are zero";
        return start >= BtfHeader.ShortLength || start == data.Length
            ? new BtfDisguise(BtfFindingCodes.ZeroRun, rest + ": the beginning was lost, or never written", "copy the file again")
            : null;
    }

    private static BtfDisguise? Reencoded(ReadOnlySpan<byte> data)
    {
        const string ReadAsText = "a program read the bytes as text and wrote them as ";
        if (data.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            ReadOnlySpan<byte> rest = data.Slice(3);
            BtfDisguise? inner = BtfHeader.HasMagic(rest) ? null : Reencoded(rest);
            return inner ?? new BtfDisguise(
                BtfFindingCodes.Utf8Bom, "it begins with the byte order mark of UTF-8", "remove the first three bytes, or copy the file again", BtfHeader.HasMagic(rest) ? rest.ToArray() : null);
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0xC2, 0x9F, 0xC3, 0xAB]) || data.StartsWith((ReadOnlySpan<byte>)[0xC3, 0xAB, 0xC2, 0x9F]))
            return new BtfDisguise(BtfFindingCodes.Utf8Reencoded, ReadAsText + "UTF-8 (from Latin-1)", CopyInBinary, FromLatin1Utf8(data));
        if (data.StartsWith((ReadOnlySpan<byte>)[0xC5, 0xB8, 0xC3, 0xAB]) || data.StartsWith((ReadOnlySpan<byte>)[0xC3, 0xAB, 0xC5, 0xB8]))
            return new BtfDisguise(BtfFindingCodes.Utf8Reencoded, ReadAsText + "UTF-8 (from Windows-1252)", CopyInBinary);
        if (data.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBF, 0xBD]))
        {
            return new BtfDisguise(
                BtfFindingCodes.Utf8Reencoded, ReadAsText + "UTF-8; every byte that is no UTF-8 became EF BF BD and is lost", CopyInBinary);
        }

        if (data.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || data.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            return new BtfDisguise(BtfFindingCodes.Utf16Text, ReadAsText + "UTF-16", CopyInBinary, FromUtf16(data.Slice(2), data[0] == 0xFE ? 1 : 0));
        if (data.Length >= 4 && data[1] == 0 && data[3] == 0 && BtfHeader.HasMagic([data[0], data[2]]))
            return new BtfDisguise(BtfFindingCodes.Utf16Text, ReadAsText + "UTF-16", CopyInBinary, FromUtf16(data, 0));
        return null;
    }

    private static byte[]? FromLatin1Utf8(ReadOnlySpan<byte> data)
    {
        byte[] original = new byte[data.Length];
        int length = 0;
        for (int i = 0; i < data.Length; i++)
        {
            if (data[i] < 0x80)
                original[length++] = data[i];
            else if (data[i] is 0xC2 or 0xC3 && i + 1 < data.Length && (data[i + 1] & 0xC0) == 0x80)
                original[length++] = (byte)(((data[i] & 3) << 6) | (data[++i] & 0x3F));
            else
                return null;
        }

        Array.Resize(ref original, length);
        return original;
    }

    private static byte[]? FromUtf16(ReadOnlySpan<byte> data, int low)
    {
        byte[] original = new byte[data.Length / 2];
        for (int i = 0; i < original.Length; i++)
        {
            if (data[(2 * i) + 1 - low] != 0)
                return null;
            original[i] = data[(2 * i) + low];
        }

        return original;
    }

    private static BtfDisguise? Inside(ReadOnlySpan<byte> data)
    {
        foreach (byte length in new byte[] { BtfHeader.ShortLength, BtfHeader.LongLength })
        {
            int at = data.IndexOf((ReadOnlySpan<byte>)[0x9F, 0xEB, 1, 0, length, 0, 0, 0]);
            if (at < 0)
                at = data.IndexOf((ReadOnlySpan<byte>)[0xEB, 0x9F, 1, 0, 0, 0, 0, length]);
            if (at >= 0)
                return new BtfDisguise(BtfFindingCodes.BtfInside, $"a BTF begins at byte {at}", $"cut off what stands before it: tail -c +{at + 1}", data.Slice(at).ToArray());
        }

        return null;
    }

    private static BtfDisguise? Text(ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> head = data.Slice(0, Math.Min(data.Length, 512));
        foreach (byte character in head)
        {
            if (character is (< 0x20 or > 0x7E) and not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
                return null;
        }

        string text = Encoding.ASCII.GetString(head.ToArray()).Trim();
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return new BtfDisguise(BtfFindingCodes.HtmlPage, "it is a web page", "look at it in a browser: the download failed, or asks for a login");
        if (text.StartsWith("n+sB", StringComparison.Ordinal) || text.StartsWith("n-sB", StringComparison.Ordinal) || text.StartsWith("658B", StringComparison.Ordinal))
            return new BtfDisguise(BtfFindingCodes.Base64Text, "it is BTF written as base64", "decode it: base64 -d", FromBase64(data));
        if (FromHex(data) is { } bytes)
            return new BtfDisguise(BtfFindingCodes.HexText, "it is BTF written in hexadecimal digits", "decode it: xxd -r -p", bytes);
        string lines = data.IndexOf("\r\n"u8) >= 0 ? " with CR LF line ends" : string.Empty;
        return new BtfDisguise(BtfFindingCodes.TextFile, "it is text" + lines + ", beginning with: " + text.Split('\n')[0].Trim(), "give the binary file");
    }

    private static byte[]? FromBase64(ReadOnlySpan<byte> data)
    {
        string text = Encoding.ASCII.GetString(data.ToArray()).Replace('-', '+').Replace('_', '/').Trim();
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Decodes pairs of hexadecimal digits, with or without 0x, \x, commas and white space between them.</summary>
    private static byte[]? FromHex(ReadOnlySpan<byte> data)
    {
        byte[] original = new byte[(data.Length + 1) / 2];
        int length = 0;
        for (int i = 0; i < data.Length; i++)
        {
            if (data[i] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)',')
                continue;
            bool isPrefixed = i + 3 < data.Length && (data[i] == (byte)'0' || data[i] == (byte)'\\') && (data[i + 1] | 0x20) == 'x';
            if (isPrefixed)
                i += 2;
            if (i + 1 >= data.Length || !IsHex(data[i]) || !IsHex(data[i + 1]))
                return null;
            original[length++] = (byte)((Digit(data[i]) << 4) | Digit(data[++i]));
            if (length == 2 && !BtfHeader.HasMagic(original))
                return null;
        }

        Array.Resize(ref original, length);
        return length < 2 ? null : original;
    }

    private static bool IsHex(byte character) => (uint)(character - '0') <= 9 || (uint)((character | 0x20) - 'a') <= 5;

    private static int Digit(byte character) => character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10;
}

/// <summary>What data that is not BTF looks like.</summary>
/// <param name="Code">The finding's code.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Action">What to do.</param>
/// <param name="Original">The BTF that the data was made of, where that can be undone exactly.</param>
internal sealed record BtfDisguise(string Code, string Message, string Action, byte[]? Original = null);
