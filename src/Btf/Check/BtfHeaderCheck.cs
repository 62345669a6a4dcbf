using System.Buffers.Binary;

namespace P3Ebpf.Btf;

/// <summary>Checks the header and the places of the sections: all faults, not the first.</summary>
internal static class BtfHeaderCheck
{
    /// <summary>What a kernel takes at most (BTF_MAX_SIZE).</summary>
    private const int MaxKernelSize = 16 << 20;

    /// <summary>Finds out whether the header's own length can be relied on; if not, nothing else in it has a place.</summary>
    public static bool CheckLength(in BtfHeader header, ReadOnlySpan<byte> data, BtfFindingList findings)
    {
        if (header.HeaderLength >= BtfHeader.ShortLength && header.HeaderLength <= (uint)data.Length)
            return true;
        findings.Error(
            BtfFindingCodes.HeaderRange, 4,
            $"the header claims {header.HeaderLength} bytes of its own; at least {BtfHeader.ShortLength} and at most {data.Length} are possible");
        if (BinaryPrimitives.ReverseEndianness(header.HeaderLength) is BtfHeader.ShortLength or BtfHeader.LongLength)
        {
            findings.Error(
                BtfFindingCodes.MixedByteOrder, 4, $"the magic number says {header.ByteOrder}, the header after it is in the other byte order",
                "mend the tool that wrote it: all numbers of a BTF are in one byte order");
        }

        return false;
    }

    public static void CheckSections(BtfImage image, BtfFindingList findings)
    {
        BtfHeader header = image.Header;
        CheckIdentity(image, findings);
        CheckSize(image, findings);
        long typeEnd = (long)header.TypeOffset + header.TypeLength;
        if (typeEnd > header.StringOffset)
            findings.Error(BtfFindingCodes.HeaderRange, 8, $"the type section ends at {typeEnd}, after the string section begins at {header.StringOffset}");
        if (header.TypeOffset % 4 != 0)
            findings.Error(BtfFindingCodes.HeaderRange, 8, $"the type section starts at {header.TypeOffset}, which is not a multiple of 4");
        if (header.TypeOffset != 0)
            Gap(image, 0, header.TypeOffset, "types", findings);

        long before = typeEnd;
        if (header.LayoutLength != 0)
        {
            Gap(image, before, header.LayoutOffset, "layout", findings);
            before = (long)header.LayoutOffset + header.LayoutLength;
        }

        Gap(image, before, header.StringOffset, "strings", findings);
    }

    private static void CheckIdentity(BtfImage image, BtfFindingList findings)
    {
        BtfHeader header = image.Header;
        if (header.Version != 1)
            findings.Warning(BtfFindingCodes.Version, 2, $"the version is {header.Version}; kernels take 1 only, libbpf does not look");
        if (header.Flags != 0)
            findings.Warning(BtfFindingCodes.Flags, 3, $"the flags are 0x{header.Flags:x2}; kernels take 0 only, libbpf does not look");

        for (int i = header.HasLayoutFields ? BtfHeader.LongLength : BtfHeader.ShortLength; i < image.HeaderLength; i++)
        {
            if (image[i] != 0)
            {
                findings.Warning(
                    BtfFindingCodes.HeaderTrailer, i,
                    $"the header of {header.HeaderLength} bytes has data that no known field explains: kernels refuse it, libbpf reads but does not change such a file");
                break;
            }
        }
    }

    private static void CheckSize(BtfImage image, BtfFindingList findings)
    {
        BtfHeader header = image.Header;
        long claimed = image.ClaimedLength;
        long missing = claimed - image.Length;
        if (missing > 0)
        {
            findings.Error(
                BtfFindingCodes.Truncated, image.Length, $"truncated: the header promises {claimed} bytes, {missing} of them are missing{Roundness(image.Length)}",
                "copy the whole file again and compare the sizes");
        }
        else if (missing < 0 && header.StringLength != 0)
        {
            Trailing(image, (int)claimed, findings);
        }

        if (image.Length > MaxKernelSize)
            findings.Warning(BtfFindingCodes.TooLarge, -1, $"{image.Length} bytes are more than the {MaxKernelSize} that a kernel takes");
    }

    private static void Trailing(BtfImage image, int end, BtfFindingList findings)
    {
        ReadOnlySpan<byte> rest = image.Span.Slice(end);
        if (rest.Length >= BtfHeader.ShortLength && BtfHeader.HasMagic(rest))
        {
            findings.Warning(
                BtfFindingCodes.Concatenated, end, $"another BTF of {rest.Length} bytes follows; libbpf ignores it, kernels refuse the whole",
                "split the file there: each part is a BTF of its own");
            return;
        }

        string what = BtfRuns.IsAll(rest, 0) ? " (all zero: padding)" : string.Empty;
        findings.Warning(BtfFindingCodes.Trailing, end, $"{rest.Length} bytes{what} follow the last section; libbpf ignores them, kernels refuse them");
    }

    private static void Gap(BtfImage image, long end, long start, string section, BtfFindingList findings)
    {
        if (start > end)
        {
            findings.Warning(
                BtfFindingCodes.SectionGap, Math.Min(image.Length, image.Header.HeaderLength + end),
                $"{start - end} bytes before the {section} belong to no section; libbpf takes that, kernels do not");
        }
    }

    private static string Roundness(int size) => size switch
    {
        4096 => ": 4096 is what a single read of a file in /sys yields; a copy must read until the end",
        _ when size % (1 << 20) == 0 => $": the copy was cut at exactly {size >> 20} MiB",
        _ when size % 4096 == 0 => $": the copy was cut at {size}, a multiple of 4096",
        _ when size % 512 == 0 => $": the copy was cut at {size}, a multiple of 512",
        _ => string.Empty,
    };
}
