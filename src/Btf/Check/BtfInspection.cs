namespace P3Ebpf.Btf;

/// <summary>One run of the checker over one file.</summary>
/// <param name="data">The bytes.</param>
/// <param name="options">Base, candidates and name.</param>
/// <param name="undoes">Whether to look for a conversion that can be undone, and to check what comes out.</param>
internal sealed class BtfInspection(ReadOnlyMemory<byte> data, BtfCheckOptions options, bool undoes)
{
    /// <summary>Healthy types have shorter stretches of zeros: four records' heads would have to be empty.</summary>
    private const int ShortestTypeRun = 48;

    private readonly BtfFindingList _findings = new();
    private readonly string _name = options.Source ?? "the file";
    private BtfHeader? _header;
    private BtfRecordTable? _table;
    private BtfTypeRules? _rules;
    private BtfSplitGuess? _split;
    private bool _isSplit;

    public BtfCheckReport Run()
    {
        ReadOnlySpan<byte> bytes = data.Span;
        if (!BtfHeader.HasMagic(bytes))
            return RunOther(bytes);
        if (bytes.Length < BtfHeader.ShortLength)
        {
            _findings.Error(
                BtfFindingCodes.TooSmall, bytes.Length, $"{bytes.Length} bytes are too few for BTF, whose header alone has {BtfHeader.ShortLength}", "copy the whole file again");
            return Report(BtfVerdict.Damaged);
        }

        BtfHeader header = BtfHeader.Decode(bytes);
        _header = header;
        if (!BtfHeaderCheck.CheckLength(header, bytes, _findings))
            return Undo(BtfDisguises.PairsSwapped(bytes)) ?? Undo(BtfDisguises.CrLfExpanded(bytes)) ?? Report(BtfVerdict.Damaged);

        var image = new BtfImage(data, header);
        BtfHeaderCheck.CheckSections(image, _findings);
        CheckLayout(image);
        CheckTypes(image);
        if (_findings.HasErrors && (Undo(BtfDisguises.PairsSwapped(bytes)) ?? Undo(BtfDisguises.CrLfExpanded(bytes))) is { } undone)
            return undone;
        if (_findings.HasErrors && LooksLikeExt(image))
        {
            _findings.Error(BtfFindingCodes.BtfExt, 0, "it is the contents of a .BTF.ext section, which has the same magic number", "take the section .BTF instead");
            return Report(BtfVerdict.NotBtf);
        }

        ExplainDamage(image);
        return Report(Judge());
    }

    private BtfCheckReport RunOther(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
            _findings.Error(BtfFindingCodes.TooSmall, 0, bytes.Length == 0 ? "it is empty" : "it has one byte only", "copy the whole file again");
        else
            _findings.Error(BtfFindingCodes.BadMagic, 0, $"it begins with {bytes[0]:x2} {bytes[1]:x2}; BTF begins with 9f eb, or eb 9f on big-endian machines");
        if (bytes.Length == 0 || BtfDisguises.Identify(bytes) is not { } disguise)
            return Report(BtfVerdict.NotBtf);
        if (disguise.Original is not null && Undo(disguise) is { } undone)
            return undone;
        _findings.Info(disguise.Code, 0, disguise.Message, disguise.Action);
        return Report(BtfVerdict.NotBtf);
    }

    /// <summary>Checks what undoing a conversion yields; if it is sound, that conversion is what is wrong and nothing else.</summary>
    private BtfCheckReport? Undo(BtfDisguise? disguise)
    {
        if (!undoes || disguise?.Original is null)
            return null;
        BtfCheckReport original = new BtfInspection(disguise.Original, options, undoes: false).Run();
        if (original.HasErrors && original.Verdict != BtfVerdict.NeedsBase)
            return null;
        var findings = new BtfFindingList();
        if (_findings.Contains(BtfFindingCodes.BadMagic))
            findings.Error(BtfFindingCodes.BadMagic, 0, "it does not begin with BTF's magic number");
        findings.Error(disguise.Code, 0, $"{disguise.Message}; undoing that yields a sound BTF of {original.TypeCount} types", disguise.Action);
        return new BtfCheckReport
        {
            Verdict = BtfVerdict.Damaged,
            Summary = $"{_name} is BTF, but {disguise.Message}; nothing else is wrong with it.",
            Action = disguise.Action,
            Header = original.Header,
            Sections = original.Sections,
            TypeCount = original.TypeCount,
            Kinds = original.Kinds,
            Findings = findings.ToArray(),
            Split = original.Split,
        };
    }

    private void CheckLayout(BtfImage image)
    {
        BtfHeader header = image.Header;
        long typeEnd = (long)header.TypeOffset + header.TypeLength;
        if (header.LayoutLength == 0)
        {
            if (header.LayoutOffset != 0)
                _findings.Info(BtfFindingCodes.LayoutOdd, 24, $"the layout section is empty, but its offset is {header.LayoutOffset}");
            return;
        }

        if (header.LayoutOffset % 4 != 0 || header.LayoutLength % 4 != 0)
            _findings.Error(BtfFindingCodes.LayoutBad, 24, $"the layout section (offset {header.LayoutOffset}, {header.LayoutLength} bytes) is not aligned to 4");
        if (header.LayoutOffset < typeEnd || (long)header.LayoutOffset + header.LayoutLength > header.StringOffset)
            _findings.Error(BtfFindingCodes.LayoutBad, 24, $"the layout section (offset {header.LayoutOffset}, {header.LayoutLength} bytes) does not lie between types and strings");
        _findings.Warning(BtfFindingCodes.LayoutOdd, 24, "the file has a layout section: kernels up to 7.0 refuse it, libbpf up to 1.7 overlooks it");

        int entries = Math.Min(128, (image.LayoutEnd - image.LayoutStart) / BtfLayout.EntryLength);
        for (int kind = 1; kind < entries; kind++)
        {
            int at = image.LayoutStart + (kind * BtfLayout.EntryLength);
            long tail = image[at] + (long)image[at + 1];
            if (kind <= (int)BtfKind.Enum64 && tail != BtfRecordLayout.TailLength((BtfKind)kind, 1))
                _findings.Warning(BtfFindingCodes.LayoutOdd, at, $"the layout section gives kind {kind} other sizes than the kind has; readers go by the kind");
        }
    }

    private void CheckTypes(BtfImage image)
    {
        var table = new BtfRecordTable(image, options.Base);
        _table = table;
        BtfTypeWalk.Run(table, _findings);
        var findings = new BtfFindingList();
        _rules = new BtfTypeRules(table, findings);
        _rules.Run();
        _isSplit = options.Base is not null || IsSplitWithoutBase(image);
        BtfStringCheck.Run(table, _isSplit, _findings);
        if (_isSplit && options.Base is null)
        {
            ReportMissingBase(image);
            return;
        }

        // Where an id may mean another type than it seems to, nothing that follows from it means anything.
        if (table.IsComplete && !findings.Contains(BtfFindingCodes.IdRange))
        {
            new BtfReferenceRules(table, findings, PointerSize(image)).Run();
            new BtfGraphRules(table, findings).Run();
        }

        _findings.Absorb(findings);
        if (table.Count == 0 && options.Base is null)
            _findings.Warning(BtfFindingCodes.NoTypes, image.TypeStart, "there are no types");
        if (options.Base is not null)
            CheckBase(image);
        else if (IsDistilledBase())
            _findings.Info(BtfFindingCodes.DistilledBase, -1, "a distilled base: it lends its names and sizes to one module and describes nothing itself");
    }

    /// <summary>Whether names or ids lead out of the file in the way of split BTF rather than of damage.</summary>
    private bool IsSplitWithoutBase(BtfImage image)
    {
        BtfTypeRules rules = _rules!;
        BtfRecordTable table = _table!;
        if (image.Header.StringLength == 0)
            return true;
        if (image.StringEnd == image.StringStart || image[image.StringStart] == 0)
            return false;
        bool leadsOut = rules.HighestName >= table.StringEnd || rules.HighestReference >= table.IdLimit;
        return table.IsComplete ? leadsOut : rules.NamesOutside * 2 > rules.Names;
    }

    private void ReportMissingBase(BtfImage image)
    {
        (uint? types, uint? strings) = BtfSplitGuesser.Guess(_table!, _rules!.HighestName, _rules.HighestReference);
        _split = new BtfSplitGuess(types, strings, options.CandidateBases.FirstOrDefault(candidate => Fits(candidate, types, strings)));
        string guess = (types, strings) switch
        {
            (not null, not null) => $"; that base has {types} types (void counted) and {strings} bytes of strings",
            (not null, _) => $"; that base has {types} types (void counted)",
            (_, not null) => $"; that base has {strings} bytes of strings",
            _ => string.Empty,
        };
        string what = image.Header.StringLength == 0 && _table!.Count == 0
            ? "a header without types and strings, as some modules have"
            : "it continues the types and strings of another BTF, as that of a module continues that of vmlinux" + guess;
        string action = _split.Fits is { } fits ? $"give {fits.Source ?? "the candidate that fits"} as the base" : "give the BTF of exactly the vmlinux that the module was built with";
        _findings.Error(BtfFindingCodes.SplitNeedsBase, image.StringStart, what, action);
    }

    private bool Fits(BtfSpec candidate, uint? types, uint? strings)
    {
        if ((types ?? candidate.TypeCount) != candidate.TypeCount || (strings ?? candidate.StringEnd) != candidate.StringEnd)
            return false;
        BtfCheckReport report = new BtfInspection(data, new BtfCheckOptions { Base = candidate }, undoes: false).Run();
        return report.Verdict == BtfVerdict.Good;
    }

    private void CheckBase(BtfImage image)
    {
        BtfTypeRules rules = _rules!;
        if (image.Header.StringLength > 1 && image.StringStart < image.StringEnd && image[image.StringStart] == 0)
        {
            _findings.Warning(
                BtfFindingCodes.BaseNotNeeded, image.StringStart, "the strings begin with the empty name: this BTF stands alone, with a base its ids and names mean others",
                "check it without a base");
        }
        else if (_table!.IsComplete && (_findings.Contains(BtfFindingCodes.IdRange) || _findings.Contains(BtfFindingCodes.FuncProto) || rules.NamesOutside != 0
            || rules.NamesWithin * 20 > rules.Names))
        {
            (uint? types, uint? strings) = BtfSplitGuesser.Guess(_table, rules.HighestName, rules.HighestReference);
            if (strings is not null && strings != options.Base!.StringEnd)
            {
                string guess = types is null ? string.Empty : $" and {types} types (void counted)";
                _findings.Warning(
                    BtfFindingCodes.BaseMismatch, image.StringStart,
                    $"the given base has {options.Base.StringEnd} bytes of strings and {options.Base.TypeCount} types; the names show one of {strings}{guess}",
                    "give the BTF of exactly the vmlinux that the module was built with");
            }
        }
    }

    private bool IsDistilledBase()
    {
        BtfRecordTable table = _table!;
        bool hasComposite = false;
        for (int i = 0; i < table.Count; i++)
        {
            uint info = table.Info(i);
            BtfKind kind = BtfRecordLayout.Kind(info);
            bool isBare = kind is BtfKind.Int or BtfKind.Float or BtfKind.Fwd
                || (kind is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 && BtfRecordLayout.Vlen(info) == 0);
            if (!isBare)
                return false;
            hasComposite |= kind is BtfKind.Struct or BtfKind.Union && table.Image.UInt32(table.Offset(i) + BtfRecordLayout.SizeOrTypeOffset) != 0;
        }

        return hasComposite;
    }

    /// <summary>What happened to the bytes on their way, where the errors so far ask for it.</summary>
    private void ExplainDamage(BtfImage image)
    {
        if (!_findings.HasErrors || (_isSplit && options.Base is null))
            return;
        BtfDamagedRuns.Report(image, image.TypeStart, image.TypeEnd, ShortestTypeRun, BtfFindingSeverity.Error, "the types in it are lost", _findings);
        BtfShift.Report(_table!, _findings);
    }

    /// <summary>A .BTF.ext read as BTF: functions' records where types should be, lines' where strings should be, each with its record size ahead.</summary>
    private static bool LooksLikeExt(BtfImage image)
    {
        BtfHeader header = image.Header;
        return header.TypeOffset == 0 && header.TypeLength >= 4 && header.StringOffset == header.TypeLength
            && image.TypeEnd - image.TypeStart >= 4 && image.UInt32(image.TypeStart) is >= 8 and < 64
            && image.StringEnd - image.StringStart >= 4 && image.UInt32(image.StringStart) is >= 16 and < 64;
    }

    private int PointerSize(BtfImage image)
    {
        if (options.Base is not null)
            return options.Base.PointerSize;
        BtfRecordTable table = _table!;
        for (int i = 0; i < table.Count; i++)
        {
            if (BtfRecordLayout.Kind(table.Info(i)) != BtfKind.Int)
                continue;
            long name = image.StringStart + (long)image.UInt32(table.Offset(i) + BtfRecordLayout.NameOffset);
            if (name >= image.StringEnd)
                continue;
            uint size = image.UInt32(table.Offset(i) + BtfRecordLayout.SizeOrTypeOffset);
            if (BtfPointerSize.ShownBy(image.StringAt((int)name, BtfPointerSize.MaxName + 1), size) is var shown and not 0)
                return shown;
        }

        return BtfPointerSize.Default;
    }

    private BtfVerdict Judge()
    {
        if (_isSplit && options.Base is null)
            return BtfVerdict.NeedsBase;
        if (_findings.Contains(BtfFindingCodes.BaseMismatch) || _findings.Contains(BtfFindingCodes.BaseNotNeeded))
            return BtfVerdict.WrongBase;
        if (!_findings.HasErrors)
            return BtfVerdict.Good;
        return _table!.NewerKinds > 0 && _table.NewerKinds == _table.Gaps ? BtfVerdict.NeedsNewerReader : BtfVerdict.Damaged;
    }

    private BtfCheckReport Report(BtfVerdict verdict)
    {
        BtfFinding[] findings = _findings.ToArray();
        BtfCompatibility? compatibility = _table is null || _findings.HasErrors ? null : new BtfCompatibility(_table, _rules!, _findings);
        string? libbpf = compatibility?.Libbpf();
        return new BtfCheckReport
        {
            Verdict = verdict,
            Summary = Summarize(verdict, libbpf, findings),
            Action = Array.Find(findings, finding => finding.Action is not null)?.Action,
            Header = _header,
            Sections = Sections(),
            TypeCount = _table?.Count ?? 0,
            Kinds = Kinds(),
            Findings = findings,
            Split = _split,
            OldestLibbpf = libbpf,
            OldestKernel = _findings.IsRefusedByKernel ? null : compatibility?.Kernel(),
        };
    }

    private string Summarize(BtfVerdict verdict, string? libbpf, BtfFinding[] findings)
    {
        int errors = findings.Count(finding => finding.Severity == BtfFindingSeverity.Error);
        string first = findings.Length == 0 ? string.Empty : findings[0].Message;
        string what = findings.FirstOrDefault(finding => finding.Severity == BtfFindingSeverity.Info)?.Message ?? first;
        return verdict switch
        {
            BtfVerdict.Good when libbpf == BtfCompatibility.NoneReleased => $"{_name} is good BTF of {_table!.Count} types; no libbpf up to 1.7 reads it.",
            BtfVerdict.Good => $"{_name} is good BTF of {_table!.Count} types; it takes libbpf {libbpf} or later.",
            BtfVerdict.NeedsBase => $"{_name} is split BTF, as that of a module: it can be read only together with its base.",
            BtfVerdict.WrongBase => $"{_name} does not belong to the base that was given.",
            BtfVerdict.NeedsNewerReader => $"{_name} has kinds of types that no libbpf up to 1.7 knows.",
            BtfVerdict.NotBtf => $"{_name} is not BTF: {what}.",
            _ => errors == 1 ? $"{_name} is damaged: {first}." : $"{_name} is damaged, with {errors} errors; the first: {first}.",
        };
    }

    private BtfSectionExtent[] Sections()
    {
        if (_header is not { } header)
            return [];
        List<BtfSectionExtent> sections =
        [
            new("types", (long)header.HeaderLength + header.TypeOffset, header.TypeLength),
            new("strings", (long)header.HeaderLength + header.StringOffset, header.StringLength),
        ];
        if (header.LayoutLength != 0)
            sections.Add(new("layout", (long)header.HeaderLength + header.LayoutOffset, header.LayoutLength));
        return [.. sections.OrderBy(section => section.Offset)];
    }

    private Dictionary<string, int> Kinds()
    {
        var kinds = new Dictionary<string, int>();
        for (int kind = 1; kind < 128 && _rules is not null; kind++)
        {
            if (_rules.Kinds[kind] == 0)
                continue;
            string name = BtfKindNames.Tag((BtfKind)kind);
            _ = kinds.TryGetValue(name, out int count);
            kinds[name] = count + _rules.Kinds[kind];
        }

        return kinds;
    }
}
