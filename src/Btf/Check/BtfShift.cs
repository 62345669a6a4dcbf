namespace P3Ebpf.Btf;

/// <summary>Finds out whether a file has the wrong length because its end is missing, or because bytes went missing (or came in) before the end.</summary>
internal static class BtfShift
{
    private const int Sample = 4096;

    /// <summary>Fewer names say nothing.</summary>
    private const int Fewest = 4;

    /// <summary>Reports bytes that were lost or inserted in the middle, where the names show it.</summary>
    public static void Report(BtfRecordTable table, BtfFindingList findings)
    {
        BtfImage image = table.Image;
        long surplus = image.Length - image.ClaimedLength;
        if (surplus == 0 || surplus is < int.MinValue or > int.MaxValue || !AreNamesShifted(table, (int)surplus))
            return;
        int around = table.Certain > 0 ? table.Offset(table.Certain - 1) : image.TypeStart;
        if (surplus > 0)
        {
            findings.Error(
                BtfFindingCodes.BytesInserted, around, $"{surplus} bytes too many lie before the end of the strings, somewhere after byte {around}: the names fit when moved by as much",
                "copy the file again, as binary data");
            return;
        }

        (int carriageReturns, int pairs, int lineFeeds) = CountLineEnds(image.Span);
        bool isText = pairs == 0 && -surplus <= lineFeeds && (-surplus >= 8 || carriageReturns == 0);
        if (isText)
        {
            findings.Error(
                BtfFindingCodes.CrStripped, around,
                $"a conversion of text removed {-surplus} carriage returns: not one CR LF is left among {lineFeeds} line feeds, and the names fit when moved by as much",
                "copy the file again as binary data (git: mark it as binary in .gitattributes; FTP: type I); this loss cannot be undone");
        }
        else
        {
            findings.Error(
                BtfFindingCodes.BytesLost, around, $"{-surplus} bytes are missing in the middle, somewhere after byte {around}: the names fit when moved by as much",
                "copy the file again");
        }
    }

    /// <summary>Of the names towards the end of the strings: do they start behind a zero when moved, and not otherwise?</summary>
    private static bool AreNamesShifted(BtfRecordTable table, int shift)
    {
        BtfImage image = table.Image;
        int here = 0, there = 0, looked = 0;
        uint from = image.Header.StringLength / 4 * 3;
        int certain = table.Certain < 0 ? table.Count : table.Certain;
        for (int i = 0; i < certain && looked < Sample; i++)
        {
            uint name = image.UInt32(table.Offset(i));
            if (name <= table.StringBase + from || name >= table.StringEnd)
                continue;
            long position = image.StringStart + (long)(name - table.StringBase);
            looked++;
            here += StartsName(image, position) ? 1 : 0;
            there += StartsName(image, position + shift) ? 1 : 0;
        }

        return looked >= Fewest && there * 10 >= looked * 9 && here * 2 <= looked;
    }

    private static bool StartsName(BtfImage image, long position) =>
        position > 0 && position < image.Length && image[(int)position - 1] == 0 && image[(int)position] != 0;

    private static (int CarriageReturns, int Pairs, int LineFeeds) CountLineEnds(ReadOnlySpan<byte> data)
    {
        int carriageReturns = 0, pairs = 0, lineFeeds = 0;
        for (int i = 0; i < data.Length; i++)
        {
            if (data[i] == '\r')
            {
                carriageReturns++;
                pairs += i + 1 < data.Length && data[i + 1] == '\n' ? 1 : 0;
            }
            else if (data[i] == '\n')
            {
                lineFeeds++;
            }
        }

        return (carriageReturns, pairs, lineFeeds);
    }
}
