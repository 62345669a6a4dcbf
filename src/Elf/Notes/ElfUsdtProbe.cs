namespace P3Ebpf.Elf;

/// <summary>
/// One site of a probe that was compiled into a program (USDT, <c>sys/sdt.h</c>): a no-operation instruction that a tracer may replace.
/// A probe has as many sites as the compiler made of it, each with its arguments in other places.
/// </summary>
/// <param name="Provider">Who defines it, such as libc.</param>
/// <param name="Name">The probe's name.</param>
/// <param name="Arguments">
/// Where the arguments are at this site, in the assembler's terms and separated by blanks: <c>-4@%eax 8@-16(%rbp)</c>; empty if there
/// are none.
/// </param>
/// <param name="Address">Virtual address of the instruction, as the file is laid out now.</param>
/// <param name="SemaphoreAddress">
/// Virtual address of the 16-bit counter that says how many listen, so that the program can skip preparing the arguments; 0 if it has none.
/// </param>
/// <param name="Offset">Byte offset of the instruction in the file, where a uprobe is put; null if no executable segment has it.</param>
/// <param name="SemaphoreOffset">
/// Byte offset of the counter in the file (<c>ref_ctr_offset</c> of a uprobe); null if it has none, or no writable segment has it.
/// </param>
public sealed record ElfUsdtProbe(
    string Provider, string Name, string Arguments, ulong Address, ulong SemaphoreAddress, ulong? Offset, ulong? SemaphoreOffset)
{
    /// <summary>Provider and name, as attach points write them.</summary>
    public override string ToString() => $"{Provider}:{Name}";
}

/// <summary>Reads <c>.note.stapsdt</c> by the rules of libbpf's <c>collect_usdt_targets</c> and <c>parse_usdt_note</c>.</summary>
internal static class UsdtNotes
{
    private const uint ProbeNote = 3;

    public static List<ElfUsdtProbe> Read(ElfFile file)
    {
        var probes = new List<ElfUsdtProbe>();
        // The section takes no memory at run time, so there is no segment by which to find it.
        if (!file.TryGetSection(".note.stapsdt", out ElfSection section) || section.Type != ElfSectionType.Note)
            return probes;
        ulong baseAddress = file.TryGetSection(".stapsdt.base", out ElfSection marker) ? marker.Address : 0;
        foreach (ElfNote note in section.ReadNotes())
            if (note.Type == ProbeNote && note.NameBytes.SequenceEqual("stapsdt"u8))
                probes.Add(ReadProbe(file, note, baseAddress));
        return probes;
    }

    private static ElfUsdtProbe ReadProbe(ElfFile file, ElfNote note, ulong baseAddress)
    {
        ElfEncoding encoding = file.Encoding;
        ReadOnlySpan<byte> content = note.Descriptor.Span;
        int word = encoding.WordSize;
        if (content.Length < 3 * word)
            throw note.Error($"a probe begins with three addresses, {3 * word} bytes; this one has {content.Length}");
        ulong location = encoding.Word(content), noted = encoding.Word(content.Slice(word)), semaphore = encoding.Word(content.Slice(2 * word));

        ReadOnlySpan<byte> rest = content.Slice(3 * word);
        string provider = ReadString(note, ref rest, "provider"), name = ReadString(note, ref rest, "name");
        string arguments = ReadString(note, ref rest, "arguments");
        if (name.Length == 0)
            throw note.Error($"a probe of provider '{provider}' has no name");
        if (arguments.Length != 0 && arguments[0] == ':')
            arguments = "";

        // Prelink moves sections but not what notes say of them. The section .stapsdt.base tells by how much: each note holds the
        // address that it had when linked. (libbpf moves the instruction only; SystemTap, whose format this is, both.)
        ulong moved = baseAddress != 0 && noted != 0 ? baseAddress - noted : 0;
        location = Move(encoding, location, moved);
        semaphore = semaphore == 0 ? 0 : Move(encoding, semaphore, moved);
        return new ElfUsdtProbe(provider, name, arguments, location, semaphore,
            file.Segments.TryMap(location, out ulong offset, out _, ElfSegmentFlags.Execute) ? offset : null,
            semaphore == 0 ? null : FindSemaphore(file, semaphore));
    }

    private static ulong Move(ElfEncoding encoding, ulong address, ulong distance) =>
        encoding.Is64 ? address + distance : (uint)(address + distance);

    /// <summary>Unlike code, the counter need not have bytes in the file: the zeroes behind them are in the same page.</summary>
    private static ulong? FindSemaphore(ElfFile file, ulong address)
    {
        foreach (ElfSegment segment in file.Segments)
            if (segment.Type == ElfSegmentType.Load && (segment.Flags & ElfSegmentFlags.Write) != 0
                && address >= segment.VirtualAddress && address - segment.VirtualAddress < segment.MemorySize)
                return segment.Offset + (address - segment.VirtualAddress);
        return null;
    }

    private static string ReadString(ElfNote note, ref ReadOnlySpan<byte> rest, string what)
    {
        int length = rest.IndexOf((byte)0);
        if (length < 0)
            throw note.Error($"the {what} of a probe has no end");
        string text = Utf8Text.Of(rest.Slice(0, length));
        rest = rest.Slice(length + 1);
        return text;
    }
}
