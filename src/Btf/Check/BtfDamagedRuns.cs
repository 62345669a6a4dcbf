namespace P3Ebpf.Btf;

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
