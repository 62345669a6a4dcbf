using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>A section of the result: the sections of one name of all objects, one after another.</summary>
/// <param name="first">The first section of the name, from which type, flags and entry size come.</param>
internal sealed class LinkedSection(LinkSection first)
{
    private readonly List<(LinkSection Section, long Offset)> _parts = [];

    public string Name => first.Name;

    public ElfSectionType Type => first.Type;

    public ElfSectionFlags Flags => first.Flags;

    public long EntrySize => first.EntrySize;

    public bool IsCode => first.IsCode;

    public long Alignment { get; private set; } = 1;

    public long Size { get; private set; }

    /// <summary>The bytes, to be changed by relocations; none for zeros.</summary>
    public byte[] Data { get; private set; } = [];

    /// <summary>Appends a section at the next place that the alignment of all so far allows, which is what libbpf does.</summary>
    /// <returns>Bytes from the start to that place.</returns>
    public long Append(LinkSection section)
    {
        Alignment = Math.Max(Alignment, section.Alignment);
        long offset = (Size + Alignment - 1) / Alignment * Alignment;
        _parts.Add((section, offset));
        Size = offset + section.Size;
        return offset;
    }

    /// <summary>The content of the only part there is, of sections that are kept once.</summary>
    public ReadOnlySpan<byte> FirstContent => first.Data.Span;

    public void Fill()
    {
        if (Type == ElfSectionType.NoBits)
            return;
        Data = new byte[Size];
        foreach ((LinkSection section, long offset) in _parts)
            section.Data.Span.CopyTo(Data.AsSpan((int)offset));
    }
}

/// <summary>Where a section of an object went.</summary>
/// <param name="Section">The section of the result.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="IsRepeated">Whether it only repeats what another object has, so that its symbols and variables go.</param>
internal readonly record struct SectionPlace(LinkedSection Section, long Offset, bool IsRepeated);

/// <summary>The sections of the result, and where those of the objects lie in them (<c>linker_append_sec_data</c> of libbpf).</summary>
internal sealed class SectionLayout
{
    /// <summary>Beside code and data come their relocations, and the reserved indices begin at 0xff00.</summary>
    private const int MaxSections = 0x7f00;

    private readonly Dictionary<string, LinkedSection> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<LinkSection, SectionPlace> _places = [];
    private readonly List<LinkedSection> _sections = [];
    private readonly Dictionary<LinkedSection, string> _origins = [];

    public IReadOnlyList<LinkedSection> Sections => _sections;

    public SectionPlace this[LinkSection section] => _places[section];

    public static SectionLayout Of(IEnumerable<LinkInput> inputs, long maxSize)
    {
        var layout = new SectionLayout();
        foreach (LinkInput input in inputs)
        {
            foreach (LinkSection section in input.Sections)
                layout.Place(input, section);
            layout.CheckSize(input, maxSize);
        }

        foreach (LinkedSection section in layout._sections)
            section.Fill();
        return layout;
    }

    public LinkedSection? Find(string name) => _byName.GetValueOrDefault(name);

    private void Place(LinkInput input, LinkSection section)
    {
        if (!_byName.TryGetValue(section.Name, out LinkedSection? linked))
        {
            linked = new LinkedSection(section);
            _byName.Add(section.Name, linked);
            _sections.Add(linked);
            _origins.Add(linked, input.Name);
        }
        else
        {
            CheckKind(input, section, linked);
            if (section.IsSingle)
            {
                if (!linked.FirstContent.SequenceEqual(section.Data.Span))
                    throw Mismatch(input, section, linked, BpfLinkErrorCode.ContentMismatch, "it differs from that of", "Give all files the same one.");
                _places.Add(section, new SectionPlace(linked, 0, IsRepeated: true));
                return;
            }
        }

        _places.Add(section, new SectionPlace(linked, linked.Append(section), IsRepeated: false));
    }

    private void CheckKind(LinkInput input, LinkSection section, LinkedSection linked)
    {
        string? what = section.Type != linked.Type ? "type"
            : section.Flags != linked.Flags ? "flags"
            : section.EntrySize != linked.EntrySize ? "entry size"
            : null;
        if (what is not null)
            throw Mismatch(input, section, linked, BpfLinkErrorCode.SectionMismatch, $"it has another {what} than in", "Give one of the two another name: SEC(\"…\").");
    }

    private void CheckSize(LinkInput input, long maxSize)
    {
        UInt128 total = 0;
        foreach (LinkedSection section in _sections)
        {
            total += section.Type == ElfSectionType.NoBits ? 0 : (ulong)section.Size;
            if (section.Size > uint.MaxValue)
                throw input.Failure(BpfLinkErrorCode.TooLarge, $"with those before it grows to {section.Size} bytes, more than any map's value", section.Name);
        }

        if (total > (ulong)maxSize)
            throw input.Failure(BpfLinkErrorCode.TooLarge, $"with the files before, it makes {total} bytes, more than the {maxSize} allowed", hint: $"If the files are sound, raise {nameof(BpfLinkOptions)}.{nameof(BpfLinkOptions.MaxSize)}.");
        if (_sections.Count > MaxSections)
            throw input.Failure(BpfLinkErrorCode.TooLarge, $"with the files before, it makes {_sections.Count} sections, more than the {MaxSections} that an object can have");
    }

    private BpfLinkException Mismatch(LinkInput input, LinkSection section, LinkedSection linked, BpfLinkErrorCode code, string problem, string hint) =>
        new(code, $"{problem} {_origins[linked]}", input.Name, section.Name, hint: hint) { OtherFile = _origins[linked] };
}
