using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>Checks the string section.</summary>
internal static class BtfStringCheck
{
    /// <summary>Strings other than the first are not empty, so that a canonical section has no two zeros in a row.</summary>
    private const int ShortestRun = 16;

    /// <param name="table">The data.</param>
    /// <param name="isSplit">Whether the strings continue those of a base, given or not.</param>
    /// <param name="findings">Where to report.</param>
    public static void Run(BtfRecordTable table, bool isSplit, BtfFindingList findings)
    {
        BtfImage image = table.Image;
        uint length = image.Header.StringLength;
        if (length == 0)
        {
            if (!isSplit)
                findings.Error(BtfFindingCodes.StrBad, 20, "the string section is empty; it must hold at least the empty name");
            return;
        }

        if (length > int.MaxValue || table.StringEnd > uint.MaxValue)
            findings.Error(BtfFindingCodes.StrBad, 20, $"a string section of {length} bytes is too long");
        if (image.StringEnd - image.StringStart != length)
            return;
        if (image[image.StringEnd - 1] != 0)
            findings.Error(BtfFindingCodes.StrBad, image.StringEnd - 1, "the string section does not end with a zero byte");
        if (!isSplit && image[image.StringStart] != 0)
            findings.Error(BtfFindingCodes.StrBad, image.StringStart, "the string section does not begin with the empty name");
        CheckContents(image, findings);
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private static void CheckContents(BtfImage image, BtfFindingList findings)
    {
        ReadOnlySpan<byte> strings = image.Span.Slice(image.StringStart, image.StringEnd - image.StringStart);
        BtfDamagedRuns.Report(image, image.StringStart, image.StringEnd, ShortestRun, BtfFindingSeverity.Warning, "all names in it are lost", findings);

        int odd = 0;
        int first = 0;
        for (int i = 0; i < strings.Length; i++)
        {
            byte character = strings[i];
            if ((character < 0x20 && character != 0) || character == 0x7F)
            {
                if (odd++ == 0)
                    first = i;
            }
        }

        if (odd != 0)
        {
            findings.Warning(
                BtfFindingCodes.StrOdd, image.StringStart + first, $"{odd} bytes of the strings are control characters, which no name has: this part is damaged");
        }
    }
}
