using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Examines the BTF file: is it sound, whose is it, who can read it.</summary>
internal sealed class BtfCheck(DoctorContext context)
{
    private const string Section = ".BTF";
    private const int PageSize = 4096;
    private const int Proven = 100;
    private const string UseKernels = "use the running kernel's own, " + Kernel.BtfPath + " (leave btf_custom_path unset), or extract it again";

    /// <summary>Of several errors, these tell the cause; the others follow from it.</summary>
    private static readonly string[] Causes =
    [
        BtfFindingCodes.Utf8Bom, BtfFindingCodes.Utf8Reencoded, BtfFindingCodes.Utf16Text, BtfFindingCodes.Base64Text, BtfFindingCodes.HexText,
        BtfFindingCodes.PairsSwapped, BtfFindingCodes.CrlfExpanded, BtfFindingCodes.BtfExt, BtfFindingCodes.BadMagic, BtfFindingCodes.SplitNeedsBase,
        BtfFindingCodes.ZeroRun, BtfFindingCodes.OnesRun, BtfFindingCodes.Truncated, BtfFindingCodes.HeaderRange,
    ];

    /// <summary>These explain the errors, whatever their own severity.</summary>
    private static readonly string[] Explanations = [BtfFindingCodes.CrStripped, BtfFindingCodes.BytesLost, BtfFindingCodes.BytesInserted];

    private readonly FileTree _files = context.Files;

    /// <summary>Examines the BTF that was given or, without one, the running kernel's.</summary>
    /// <returns><see langword="null"/> where there is none.</returns>
    public BtfFacts? Run()
    {
        if (context.Request.BtfPath is { } path)
            return ExamineFile(path);
        if (context.RunningKernelBtf is { } data)
            return ExamineData(Kernel.BtfPath, data, isDefault: true, []);
        return null;
    }

    private BtfFacts ExamineFile(string path)
    {
        byte[] start;
        try
        {
            if (Directory.Exists(path))
                return Faulty(path, Codes.BtfUnreadable, $"{path} is a directory.", ["libbpf reports -5 (EIO) for it"], "name the BTF file in it");
            if (new FileInfo(path) is { Exists: true, Length: 0 })
            {
                return Faulty(
                    path, Codes.BtfUnreadable, $"{path} is empty, or a pipe or device.", ["libbpf reports -5 (EIO) for an empty file, -29 (ESPIPE) for a pipe"],
                    "copy the file again, with cp or cat, not with a tool that asks for its size first; " + UseKernels);
            }

            using FileStream stream = File.OpenRead(path);
            start = new byte[4];
            int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (length == start.Length && ElfFile.IsElf(start))
                return ExamineElf(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Faulty(path, Codes.BtfUnreadable, $"{path} cannot be read: {e.Message}", ["libbpf reports -2 (ENOENT) or -13 (EACCES) for it"], "check the path, and who may read it");
        }

        return ExamineData(path, File.ReadAllBytes(path), isDefault: false, []);
    }

    private BtfFacts ExamineElf(string path)
    {
        try
        {
            using ElfFile elf = ElfFile.Open(path);
            if (!elf.TryGetSection(Section, out ElfSection section))
            {
                return Faulty(
                    path, Codes.ElfWithoutBtf, $"{path} is an ELF file without a section {Section}.", ["libbpf reports -61 (ENODATA), before 1.3 -2 (ENOENT), for it"],
                    "a kernel image has BTF when it was built with CONFIG_DEBUG_INFO_BTF=y; " + UseKernels);
            }

            if (section.Type == ElfSectionType.NoBits)
            {
                return Faulty(
                    path, Codes.BtfSectionNoBits, $"The section {Section} of {path} has no bytes in the file (SHT_NOBITS): it is a separate debug file.",
                    ["libbpf up to 1.5 crashes on it, later ones report -4001"], "take the BTF from the kernel image itself; " + UseKernels);
            }

            if (section.Size == 0)
            {
                return Faulty(
                    path, Codes.BtfSectionEmpty, $"The section {Section} of {path} is empty: making the BTF failed when the kernel was built.",
                    ["libbpf reports -22 (EINVAL) for it, without a warning"], UseKernels);
            }

            if ((section.Flags & ElfSectionFlags.Compressed) != 0)
            {
                return Faulty(
                    path, Codes.BtfSectionCompressed, $"The section {Section} of {path} is compressed, and libbpf takes the compressed bytes for BTF.",
                    [$"its flags have SHF_COMPRESSED, and it has {section.Size} bytes", "libbpf reports -22 (EINVAL) for it, without a warning"],
                    "unpack it: objcopy --decompress-debug-sections, or extract the BTF");
            }

            List<string> evidence = [$"the section {Section} of an ELF file"];
            if (BuildIdComparison(elf) is { } comparison)
                evidence.Add(comparison);
            return ExamineData(path, section.ReadData().ToArray(), isDefault: false, evidence);
        }
        catch (ElfFormatException e)
        {
            return Faulty(path, Codes.BtfUnreadable, $"{path} is a damaged ELF file: {e.Message}", [], "copy the file again; " + UseKernels);
        }
    }

    private BtfFacts ExamineData(string path, byte[] data, bool isDefault, List<string> evidence)
    {
        byte[]? kernels = context.RunningKernelBtf;
        BtfCheckReport report = BtfChecker.Check(data, new BtfCheckOptions { Source = path, CandidateBases = Candidates(data, kernels) });
        bool? isRunning = kernels is null ? null : isDefault || data.AsSpan().SequenceEqual(kernels);
        if (report.HasErrors)
        {
            evidence.AddRange(report.Findings.Where(f => f.Severity == BtfFindingSeverity.Error).Take(4).Select(Describe));
            evidence.AddRange(Size(data, kernels));
            return Faulty(path, Cause(report), report.Summary, evidence, report.Action ?? UseKernels, isDefault, isRunning);
        }

        Version? oldest = LibbpfVersions.Parse(report.OldestLibbpf);
        if (oldest is null)
        {
            evidence.AddRange(report.Findings.Where(f => f.Severity == BtfFindingSeverity.Warning).Take(3).Select(Describe));
            string code = report.Findings.Any(f => f.Code == BtfFindingCodes.OldEncodingOverflow) ? BtfFindingCodes.OldEncodingOverflow : BtfFindingCodes.UnknownKind;
            return Faulty(
                path, code, $"{path} is newer than every released libbpf: it is sound, but up to 1.7 none can read it.", evidence,
                "load with what needs no libbpf, or make a smaller BTF that older libraries read, of what the object needs", isDefault, isRunning);
        }

        evidence.Add($"{data.Length} bytes, {report.TypeCount} types, highest kind {HighestKind(report)}");
        evidence.Add($"libbpf {oldest} and later read it");
        context.Add(Codes.BtfGood, 20, report.Summary, evidence);
        if (isRunning == false)
            AddOtherKernel(path, data, kernels!, evidence);
        return new BtfFacts { Name = path, IsDefault = isDefault, Spec = Parse(path, data), OldestLibbpf = oldest, IsRunningKernels = isRunning };
    }

    private void AddOtherKernel(string path, byte[] data, byte[] kernels, List<string> evidence)
    {
        string release = context.Release ?? "unknown";
        bool namesRelease = Path.GetFileName(path).Contains(release, StringComparison.Ordinal);
        context.Add(
            Codes.BtfOfOtherKernel, 40, $"{path} is not the running kernel's BTF: fields may lie elsewhere in this kernel.",
            [
                $"the running kernel is {release}{(namesRelease ? ", which the file's name agrees with" : string.Empty)}",
                $"{data.Length} bytes; {Kernel.BtfPath} has {kernels.Length}; they differ from byte {data.AsSpan().CommonPrefixLength(kernels)} on",
                .. evidence.Where(e => e.StartsWith("build id", StringComparison.Ordinal)),
            ],
            $"this kernel has BTF of its own: {UseKernels}");
    }

    /// <summary>What the size of a damaged file tells of how it was made.</summary>
    private static IEnumerable<string> Size(byte[] data, byte[]? kernels)
    {
        if (data.Length == PageSize)
            yield return "it has exactly 4096 bytes: one read() of a file in /sys yields no more, so it was copied by a program that reads once";
        else if (data.Length % PageSize == 0)
            yield return $"its size, {data.Length} bytes, is a multiple of 4096: a copy that stopped early, or blocks that were never written";
        if (kernels is null || kernels.AsSpan().SequenceEqual(data))
            yield break;
        int same = data.AsSpan().CommonPrefixLength(kernels);
        if (same == data.Length)
            yield return $"it is the beginning of the running kernel's BTF, of which {kernels.Length - same} bytes are missing";
        else if (same > PageSize)
            yield return $"it equals the running kernel's BTF up to byte {same}";
    }

    private static string Describe(BtfFinding finding)
    {
        string place = finding.Offset >= 0 ? $" at byte {finding.Offset}" : string.Empty;
        string type = finding.TypeId.IsVoid ? string.Empty : $", type {finding.TypeId}";
        return $"{finding.Code}{place}{type}: {finding.Message}";
    }

    private static string Cause(BtfCheckReport report)
    {
        if (report.Findings.FirstOrDefault(f => Explanations.Contains(f.Code)) is { } explanation)
            return explanation.Code;
        string[] errors = [.. report.Findings.Where(f => f.Severity == BtfFindingSeverity.Error).Select(f => f.Code)];
        return Causes.FirstOrDefault(errors.Contains) ?? errors[0];
    }

    private static string HighestKind(BtfCheckReport report) =>
        Enum.GetValues<BtfKind>().Reverse().Select(kind => BtfKindNames.Tag(kind)).FirstOrDefault(report.Kinds.ContainsKey) ?? "none";

    private static BtfSpec[] Candidates(byte[] data, byte[]? kernels) =>
        kernels is null || ReferenceEquals(data, kernels) || Parse(Kernel.BtfPath, kernels) is not { } spec ? [] : [spec];

    private static BtfSpec? Parse(string path, byte[] data)
    {
        try
        {
            return BtfSpec.Parse(data, new BtfReadOptions { Source = path });
        }
        catch (BtfFormatException)
        {
            return null;
        }
    }

    private string? BuildIdComparison(ElfFile elf)
    {
        if (!elf.TryGetBuildId(out ReadOnlyMemory<byte> own) || _files.ReadBytes("/sys/kernel/notes") is not { } notes)
            return null;
        return notes.AsSpan().IndexOf(own.Span) >= 0
            ? "build id: that of the running kernel"
            : $"build id {Convert.ToHexStringLower(own.Span)}: not that of the running kernel";
    }

    private BtfFacts Faulty(
        string path, string code, string summary, IReadOnlyList<string> evidence, string action, bool isDefault = false, bool? isRunning = null)
    {
        var fault = new DoctorFinding(code, Proven, summary, evidence, action);
        context.Add(code, Proven, summary, evidence, action);
        return new BtfFacts { Name = path, IsDefault = isDefault, IsRunningKernels = isRunning, Fault = fault };
    }
}

/// <summary>The BTF that the loader relocates against, as examined.</summary>
internal sealed class BtfFacts
{
    /// <summary>What to call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is the running kernel's own, because no other was given.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>The types; <see langword="null"/> where they cannot be read.</summary>
    public BtfSpec? Spec { get; init; }

    /// <summary>The oldest libbpf that reads it; <see langword="null"/> where no released one does.</summary>
    public Version? OldestLibbpf { get; init; }

    /// <summary>Whether it is the running kernel's, byte for byte; <see langword="null"/> where there is nothing to compare with.</summary>
    public bool? IsRunningKernels { get; init; }

    /// <summary>What is wrong with it, where anything is.</summary>
    public DoctorFinding? Fault { get; init; }

    /// <summary>Whether some released libbpf reads it.</summary>
    public bool IsHealthy => Fault is null && OldestLibbpf is not null;
}
