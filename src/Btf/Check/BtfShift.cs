namespace P3Ebpf.Btf;

/// <summary>
/// Finds out why the header promises another length than the file has: its end is missing, bytes went missing (or came in) before the
/// end, or it is the header that is wrong.
/// </summary>
internal static class BtfShift
{
    private const int Sample = 4096;

    /// <summary>Fewer names say nothing.</summary>
    private const int Fewest = 4;

    /// <summary>Reports bytes that were lost or inserted in the middle, or a wrong place of the strings, where the names show it.</summary>
    public static void Report(BtfRecordTable table, BtfFindingList findings)
    {
        BtfImage image = table.Image;
        long surplus = image.Length - image.ClaimedLength;
        if (surplus == 0 || surplus is < int.MinValue or > int.MaxValue || !AreNamesShifted(table, (int)surplus))
            return;
        if (IsMisplaced(image.Header, surplus))
        {
            findings.Withdraw(BtfFindingCodes.Truncated);
            findings.Error(
                BtfFindingCodes.HeaderRange, 16,
                $"the header places the strings at {image.Header.StringOffset}, where the names do not fit; they fit at {image.Header.StringOffset + surplus}: the header is wrong, the rest is whole",
                "copy the file again; if the original has the same header, mend the tool that wrote it");
            return;
        }

        int around = table.Certain > 0 ? table.Offset(table.Certain - 1) : image.TypeStart;
        if (surplus > 0)
        {
            findings.Error(
                BtfFindingCodes.BytesInserted, around, $"{surplus} bytes too many lie before the end of the strings, somewhere after byte {around}: the names fit when moved by as much",
                "copy the file again, as binary data");
            return;
        }

        (int carriageReturns, int pairs, int lineFeeds) = CountLineEnds(image.Span);
        bool isText = pairs == 0 && (carriageReturns == 0 || (-surplus >= 8 && -surplus <= lineFeeds));
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

    /// <summary>
    /// Whether the header's offset of the strings is what is wrong: it makes them overlap with the types, or moved as the names ask for
    /// they follow the types without a gap. What is done to the bytes behind a header leaves it as it was, without overlap and gap.
    /// </summary>
    private static bool IsMisplaced(in BtfHeader header, long surplus)
    {
        long end = Math.Max((long)header.TypeOffset + header.TypeLength, header.LayoutLength == 0 ? 0 : (long)header.LayoutOffset + header.LayoutLength);
        return header.StringOffset < end || header.StringOffset + surplus == end;
    }

    /// <summary>
    /// Do most names start behind a zero when moved, and not otherwise? Names towards the end of the strings speak first: what
    /// was lost may have been part of the strings.
    /// </summary>
    private static bool AreNamesShifted(BtfRecordTable table, int shift)
    {
        BtfImage image = table.Image;
        var late = default(Ballot);
        var all = default(Ballot);
        int step = 1 + (table.Count / Sample);
        for (int i = 0; i < table.Count; i += step)
        {
            int record = table.Offset(i);
            uint info = table.Info(i);
            bool hasMembers = BtfRecordLayout.Of(BtfRecordLayout.Kind(info)).HasElementNames && BtfRecordLayout.Vlen(info) != 0;
            for (int element = 0; element <= (hasMembers ? 1 : 0); element++)
            {
                int at = record + (element == 0 ? BtfRecordLayout.NameOffset : BtfRecordLayout.HeadLength + BtfRecordLayout.ElementNameOffset);
                uint name = image.UInt32(at);
                if (name <= table.StringBase || name >= table.StringEnd)
                    continue;
                long position = image.StringStart + (long)(name - table.StringBase);
                bool here = StartsName(image, position);
                bool there = StartsName(image, position + shift);
                all.Cast(here, there);
                if (name - table.StringBase > image.Header.StringLength / 4 * 3)
                    late.Cast(here, there);
            }
        }

        return (late.Count >= Fewest ? late : all).IsShifted;
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

    private struct Ballot
    {
        private int _here;
        private int _there;

        public int Count { get; private set; }

        public readonly bool IsShifted => Count >= Fewest && _there * 2 > Count && _here * 4 < Count;

        public void Cast(bool here, bool there)
        {
            Count++;
            _here += here ? 1 : 0;
            _there += there ? 1 : 0;
        }
    }
}
