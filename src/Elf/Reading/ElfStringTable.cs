namespace P3Ebpf.Elf;

/// <summary>A string table: NUL-terminated strings, referred to by the offset of their first byte.</summary>
internal sealed class ElfStringTable(ElfRegion region)
{
    // A string is terminated if it starts no later than the last NUL: one search serves every check.
    private readonly int _lastTerminator = region.Bytes.Span.LastIndexOf((byte)0);

    /// <summary>The string's bytes without terminator.</summary>
    /// <exception cref="ElfFormatException">The string is outside the table or not terminated.</exception>
    public ReadOnlySpan<byte> GetBytes(ulong offset)
    {
        Check(offset);
        ReadOnlySpan<byte> start = region.Bytes.Span.Slice((int)offset);
        return start.Slice(0, start.IndexOf((byte)0));
    }

    /// <summary>Whether a valid offset refers to exactly this string; looks no further than the string's length.</summary>
    public bool Matches(ulong offset, ReadOnlySpan<byte> name)
    {
        Check(offset);
        ReadOnlySpan<byte> start = region.Bytes.Span.Slice((int)offset);
        return start.Length > name.Length && start[name.Length] == 0 && start.StartsWith(name) && name.IndexOf((byte)0) < 0;
    }

    /// <summary>Whether a valid offset refers to a string that begins like this; looks no further than that.</summary>
    public bool StartsWith(ulong offset, ReadOnlySpan<byte> prefix)
    {
        Check(offset);
        return region.Bytes.Span.Slice((int)offset).StartsWith(prefix);
    }

    /// <exception cref="ElfFormatException">The string is outside the table or not terminated.</exception>
    public void Check(ulong offset)
    {
        if (_lastTerminator < 0 || offset > (ulong)_lastTerminator)
            throw region.Error(
                ElfErrorCode.BadString,
                (long)Math.Min(offset, (ulong)region.Length),
                $"string offset {offset} is not inside this table of {region.Length} bytes, or the string has no end. {ElfFile.Rebuild}");
    }
}
