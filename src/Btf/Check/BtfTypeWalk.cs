using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>Goes through the type section record by record; after damage it looks for the next place where records go on.</summary>
internal static class BtfTypeWalk
{
    /// <summary>So many sound records in a row are no accident.</summary>
    private const int PlausibleRun = 8;

    /// <summary>So many elements of a record are looked at before it counts as sound.</summary>
    private const int PlausibleElements = 4;

    /// <summary>Kinds are numbered without gaps: one that is much higher than the highest known is damage rather than news.</summary>
    private const int NewerKindEnd = 32;

    [MethodImpl(BtfHotPath.Optimized)]
    public static void Run(BtfRecordTable table, BtfFindingList findings)
    {
        BtfImage image = table.Image;
        int position = image.TypeStart;
        while (position < image.TypeEnd)
        {
            int left = image.TypeEnd - position;
            if (left < BtfRecordLayout.HeadLength)
            {
                // The rest of a file that was cut is missed, not malformed.
                if (!image.TypesAreCut)
                {
                    findings.Add(
                        BtfFindingCodes.TypeTruncated, BtfFindingSeverity.Error, position, table.Id(table.Count),
                        "{0} bytes are left at the end of the types, too few for a type", left);
                }

                table.Skip(left);
                return;
            }

            uint info = image.UInt32(position + BtfRecordLayout.InfoOffset);
            BtfKind kind = BtfRecordLayout.Kind(info);
            long tail = table.TailLength(kind, BtfRecordLayout.Vlen(info));
            bool isOdd = IsOddOpaque(table, kind);
            if (!isOdd && tail >= 0 && tail <= left - BtfRecordLayout.HeadLength)
            {
                table.Add(position);
                position += BtfRecordLayout.HeadLength + (int)tail;
                continue;
            }

            if (!isOdd && tail >= 0 && image.TypesAreCut && BtfRecordLayout.HeadLength + tail <= image.Header.TypeLength - (position - image.TypeStart))
            {
                table.Skip(left);
                return;
            }

            position = Resume(table, position, kind, isOdd, tail, findings);
        }
    }

    /// <returns>Where the records go on, or the end of the section.</returns>
    private static int Resume(BtfRecordTable table, int position, BtfKind kind, bool isOdd, long tail, BtfFindingList findings)
    {
        BtfImage image = table.Image;
        int next = position + 1;
        while (next < image.TypeEnd && !IsPlausible(table, next))
            next++;
        int skipped = next - position;
        string rest = next == image.TypeEnd
            ? "nothing after it makes sense, {1} bytes are skipped"
            : "{1} bytes are skipped, types go on at byte {2} with ids that are no longer certain";
        BtfTypeId id = table.Id(table.Count);
        if (isOdd)
        {
            findings.Add(
                BtfFindingCodes.LayoutBad, BtfFindingSeverity.Error, position, id, "the layout section gives kind {0} sizes that are not multiples of 4; " + rest,
                (int)kind, skipped, next);
        }
        else if (tail >= 0)
        {
            findings.Add(
                BtfFindingCodes.TypeTruncated, BtfFindingSeverity.Error, position, id,
                "a " + BtfKindNames.Tag(kind) + " of {0} bytes runs past the end of the types; " + rest, BtfRecordLayout.HeadLength + tail, skipped, next);
        }
        else if (kind == BtfKind.Void)
        {
            findings.Add(BtfFindingCodes.UnknownKind, BtfFindingSeverity.Error, position, id, "kind {0}, which no file can hold: the bytes are damaged; " + rest, 0, skipped, next);
        }
        else
        {
            if ((int)kind < NewerKindEnd && table.IsPlausibleName(image.UInt32(position + BtfRecordLayout.NameOffset)))
                table.NewerKinds++;
            findings.Add(
                BtfFindingCodes.UnknownKind, BtfFindingSeverity.Error, position, id,
                "kind {0}, which no released libbpf knows and no layout section describes; " + rest, (int)kind, skipped, next);
        }

        table.Skip(skipped);
        return next;
    }

    private static bool IsOddOpaque(BtfRecordTable table, BtfKind kind) =>
        kind > BtfKind.Enum64 && table.TryGetLayout(kind, out BtfLayout layout) && !layout.IsAligned;

    private static bool IsPlausible(BtfRecordTable table, int position)
    {
        BtfImage image = table.Image;
        for (int i = 0; i < PlausibleRun; i++)
        {
            int left = image.TypeEnd - position;

            // The end of the section confirms a short run as well.
            if (left == 0)
                return i >= 2;
            if (left < BtfRecordLayout.HeadLength)
                return false;
            uint info = image.UInt32(position + BtfRecordLayout.InfoOffset);
            BtfKind kind = BtfRecordLayout.Kind(info);
            uint vlen = BtfRecordLayout.Vlen(info);
            long tail = BtfRecordLayout.TailLength(kind, vlen);
            if (tail < 0 || tail > left - BtfRecordLayout.HeadLength || !table.IsPlausibleName(image.UInt32(position + BtfRecordLayout.NameOffset)) || !HasPlausibleVlen(kind, vlen))
                return false;
            if (!HasPlausibleContents(table, position, kind, vlen))
                return false;
            position += BtfRecordLayout.HeadLength + (int)tail;
        }

        return true;
    }

    private static long IdCeiling(BtfRecordTable table) => table.FirstId + (table.Image.Header.TypeLength / BtfRecordLayout.HeadLength);

    private static bool HasPlausibleVlen(BtfKind kind, uint vlen) => kind switch
    {
        BtfKind.Func => vlen <= 2,
        _ => vlen == 0 || BtfRecordLayout.Of(kind).ElementLength != 0,
    };

    private static bool HasPlausibleContents(BtfRecordTable table, int position, BtfKind kind, uint vlen)
    {
        BtfImage image = table.Image;
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(kind);
        uint count = Math.Min(vlen, PlausibleElements);
        int types = layout.TypeIdCount(count);
        for (int i = 0; i < types; i++)
        {
            if (image.UInt32(position + layout.TypeIdOffset(i)) >= IdCeiling(table))
                return false;
        }

        for (int i = 0; layout.HasElementNames && i < (int)count; i++)
        {
            if (!table.IsPlausibleName(image.UInt32(position + layout.ElementOffset(i) + BtfRecordLayout.ElementNameOffset)))
                return false;
        }

        return true;
    }
}
