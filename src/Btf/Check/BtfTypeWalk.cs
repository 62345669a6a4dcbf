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
            if (left < BtfRecord.HeadLength)
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

            uint info = image.UInt32(position + 4);
            BtfKind kind = BtfRecord.Kind(info);
            long tail = table.TailLength(kind, BtfRecord.Vlen(info));
            bool isOdd = IsOddOpaque(table, kind);
            if (!isOdd && tail >= 0 && tail <= left - BtfRecord.HeadLength)
            {
                table.Add(position);
                position += BtfRecord.HeadLength + (int)tail;
                continue;
            }

            if (!isOdd && tail >= 0 && image.TypesAreCut && BtfRecord.HeadLength + tail <= image.Header.TypeLength - (position - image.TypeStart))
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
                "a " + BtfKindNames.Tag(kind) + " of {0} bytes runs past the end of the types; " + rest, BtfRecord.HeadLength + tail, skipped, next);
        }
        else if (kind == BtfKind.Void)
        {
            findings.Add(BtfFindingCodes.UnknownKind, BtfFindingSeverity.Error, position, id, "kind {0}, which no file can hold: the bytes are damaged; " + rest, 0, skipped, next);
        }
        else
        {
            if ((int)kind < NewerKindEnd && table.IsPlausibleName(image.UInt32(position)))
                table.NewerKinds++;
            findings.Add(
                BtfFindingCodes.UnknownKind, BtfFindingSeverity.Error, position, id,
                "kind {0}, which no released libbpf knows and no layout section describes; " + rest, (int)kind, skipped, next);
        }

        table.Skip(skipped);
        return next;
    }

    private static bool IsOddOpaque(BtfRecordTable table, BtfKind kind) =>
        kind > BtfKind.Enum64 && table.TryGetLayout(kind, out BtfLayout layout) && (layout.InfoSize % 4 != 0 || layout.ElementSize % 4 != 0);

    private static bool IsPlausible(BtfRecordTable table, int position)
    {
        BtfImage image = table.Image;
        for (int i = 0; i < PlausibleRun; i++)
        {
            int left = image.TypeEnd - position;

            // The end of the section confirms a short run as well.
            if (left == 0)
                return i >= 2;
            if (left < BtfRecord.HeadLength)
                return false;
            uint info = image.UInt32(position + 4);
            BtfKind kind = BtfRecord.Kind(info);
            uint vlen = BtfRecord.Vlen(info);
            long tail = BtfRecord.TailLength(kind, vlen);
            if (tail < 0 || tail > left - BtfRecord.HeadLength || !table.IsPlausibleName(image.UInt32(position)) || !HasPlausibleVlen(kind, vlen))
                return false;
            if (BtfRecord.RefersToType(kind) && image.UInt32(position + 8) >= IdCeiling(table))
                return false;
            if (!HasPlausibleElements(table, position + BtfRecord.HeadLength, kind, vlen))
                return false;
            position += BtfRecord.HeadLength + (int)tail;
        }

        return true;
    }

    private static long IdCeiling(BtfRecordTable table) => table.FirstId + (table.Image.Header.TypeLength / BtfRecord.HeadLength);

    private static bool HasPlausibleVlen(BtfKind kind, uint vlen) => kind switch
    {
        BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.FuncProto or BtfKind.DataSec => true,
        BtfKind.Func => vlen <= 2,
        _ => vlen == 0,
    };

    private static bool HasPlausibleElements(BtfRecordTable table, int position, BtfKind kind, uint vlen)
    {
        BtfImage image = table.Image;
        uint count = Math.Min(vlen, PlausibleElements);
        switch (kind)
        {
            case BtfKind.Array:
                return image.UInt32(position) < IdCeiling(table) && image.UInt32(position + 4) < IdCeiling(table);
            case BtfKind.DataSec:
                for (int i = 0; i < count; i++)
                {
                    if (image.UInt32(position + (12 * i)) >= IdCeiling(table))
                        return false;
                }

                return true;
            case BtfKind.Struct or BtfKind.Union or BtfKind.FuncProto or BtfKind.Enum or BtfKind.Enum64:
                int step = kind is BtfKind.FuncProto or BtfKind.Enum ? 8 : 12;
                bool refers = kind is BtfKind.Struct or BtfKind.Union or BtfKind.FuncProto;
                for (int i = 0; i < count; i++)
                {
                    int element = position + (step * i);
                    if (!table.IsPlausibleName(image.UInt32(element)) || (refers && image.UInt32(element + 4) >= IdCeiling(table)))
                        return false;
                }

                return true;
            default:
                return true;
        }
    }
}
