using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>Finds stretches of one byte value: what lost blocks and unwritten flash leave behind.</summary>
internal static class BtfRuns
{
    /// <summary>Whether all bytes have this value.</summary>
    public static bool IsAll(ReadOnlySpan<byte> data, byte value)
    {
        foreach (byte item in data)
        {
            if (item != value)
                return false;
        }

        return true;
    }

    /// <summary>Finds the next stretch of at least <paramref name="minimum"/> (16 or more) bytes of one value.</summary>
    /// <param name="data">Where to look.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="value">0x00 or 0xFF.</param>
    /// <param name="minimum">The shortest stretch of interest.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="length">Its length.</param>
    public static bool TryFind(ReadOnlySpan<byte> data, int from, byte value, int minimum, out int start, out int length)
    {
        ulong word = value == 0 ? 0 : ulong.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data.Slice(from));
        int step = Math.Max(1, (minimum / 8) - 1);

        // A stretch covers whole words: looking at every step-th finds each.
        for (int i = 0; i < words.Length; i += step)
        {
            if (words[i] != word)
                continue;
            start = from + (i * 8);
            int end = start + 8;
            while (start > from && data[start - 1] == value)
                start--;
            while (end < data.Length && data[end] == value)
                end++;
            length = end - start;
            if (length >= minimum)
                return true;
            i = (end - from) / 8 / step * step;
        }

        start = length = 0;
        return false;
    }
}

/// <summary>Reports stretches of 0x00 and 0xFF where there should be data.</summary>
internal static class BtfDamagedRuns
{
    public static void Report(
        BtfImage image, int start, int end, int shortest, BtfFindingSeverity severity, string consequence, BtfFindingList findings)
    {
        Report(image, start, end, 0x00, shortest, BtfFindingCodes.ZeroRun, severity, consequence, findings);
        Report(image, start, end, 0xFF, shortest, BtfFindingCodes.OnesRun, severity, consequence, findings);
    }

    private static void Report(
        BtfImage image, int start, int end, byte value, int shortest, string code, BtfFindingSeverity severity, string consequence, BtfFindingList findings)
    {
        ReadOnlySpan<byte> data = image.Span.Slice(0, end);
        while (BtfRuns.TryFind(data, start, value, shortest, out int at, out int length))
        {
            findings.Add(
                code, severity, at, default, "{0} bytes are all 0x" + value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture) + Blocks(at, length) + "; " + consequence,
                length, action: "copy the file again; where it lies, a block was lost or never written");
            start = at + length;
        }
    }

    private static string Blocks(int at, int length)
    {
        // Stray zeros of the data itself may lengthen the stretch on both sides.
        foreach (int block in new[] { 4096, 512 })
        {
            int first = (at + block - 1) / block;
            int last = (at + length) / block;
            if (last > first && ((last - first) * block) + 64 >= length)
                return $" ({last - first} blocks of {block} bytes)";
        }

        return string.Empty;
    }
}
