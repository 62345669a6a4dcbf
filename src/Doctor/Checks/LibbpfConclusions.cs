using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Concludes from log, BTF, loader and pkg-config which libbpf ran, and whether it can have read the BTF.</summary>
internal sealed class LibbpfConclusions(DoctorContext context, LoaderLog? log, BtfFacts? btf, ObjectFacts? bpfObject, LoaderFacts? loader)
{
    /// <summary>BTF that takes no newer libbpf than this is read by all that can print these messages.</summary>
    private static readonly Version First = new(0, 0, 6);

    private readonly PkgConfig? _pkgConfig = PkgConfig.Find(context.Files, context.Environment);

    /// <summary>The version that is said to be installed.</summary>
    public Version? Reported => LibbpfVersions.Parse(context.Request.ReportedLibbpf ?? _pkgConfig?.Version);

    private string ReportedText => context.Request.ReportedLibbpf is { } given
        ? $"libbpf {given} is said to be installed"
        : $"pkg-config reports {_pkgConfig!.Version} ({_pkgConfig.Path})";

    public void Draw()
    {
        context.AddFact("pkg-config --modversion libbpf", _pkgConfig?.Version);
        if (loader is { Uses.Count: > 0 })
            CompareFound(loader.Uses);
        if (log is { RefusedBtf: true } && btf?.Fault is null)
            ExplainRefusal(log);
        else if (log is not null && Contradicts(log.Versions))
            AddOlderThanReported(log, 62, []);
    }

    private void CompareFound(IReadOnlyList<LibbpfUse> uses)
    {
        int cause = bpfObject is { NeedsNoBtf: true } ? 60 : 97;
        foreach (LibbpfUse use in uses.DistinctBy(u => u.Image.Path))
        {
            bool isTooOld = btf is { IsHealthy: true } && use.Image.Versions.IsOlderThan(btf.OldestLibbpf!);
            bool isOlder = Reported is { } reported && use.Image.Versions.IsOlderThan(new Version(reported.Major, reported.Minor));
            if (use.Image.IsStatic && (isTooOld || (isOlder && log is { RefusedBtf: true })))
                context.Raise(Codes.LibbpfStatic, cause + 1, $"{use.Image} is what runs, whatever is installed.",
                    [isTooOld ? $"{btf!.Name} takes libbpf {btf.OldestLibbpf}" : $"{ReportedText}, which is not what runs"]);
            if (isTooOld)
                AddTooOld(use, cause);
            if (isOlder)
                AddOlder(use, isTooOld ? cause - 3 : log is { RefusedBtf: true } ? 96 : 62);
        }
    }

    private void AddTooOld(LibbpfUse use, int weight) => context.Add(
        Codes.LibbpfTooOldForBtf, weight,
        $"{btf!.Name} is in order, but takes libbpf {btf.OldestLibbpf} or later, and the loader gets {use.Image}.",
        [$"for {use.Who}: {use.Through}", .. use.Image.Evidence, .. LogEvidence()],
        use.Image.IsStatic
            ? $"build {use.Image.Path} against libbpf {btf.OldestLibbpf} or later, or load with what needs no libbpf"
            : $"let the loader find a newer library: remove {use.Image.Path}, or change what leads to it ({use.Through}); then check again with --loader");

    private void AddOlder(LibbpfUse use, int weight) => context.Add(
        Codes.LibbpfOlderThanReported, weight,
        $"{ReportedText}, but pkg-config describes the headers that programs are compiled with: this loader gets {use.Image}.",
        [$"for {use.Who}: {use.Through}", .. use.Image.Evidence, .. LogEvidence()],
        use.Image.IsStatic ? "build the loader again" : "see which file the process maps: sudo grep libbpf /proc/PID/maps");

    /// <summary>The BTF at hand is in order, or not at hand, and still libbpf could not read what it was given.</summary>
    private void ExplainRefusal(LoaderLog refusal)
    {
        if (refusal.KindTooNew is { } kind)
        {
            AddKindTooNew(refusal, kind.Name, kind.Libbpf);
            return;
        }

        bool isExplained = context.Findings.Any(f => f.Code is Codes.LibbpfTooOldForBtf && f.Weight >= 90);
        if (Contradicts(refusal.Versions))
            AddOlderThanReported(refusal, IsFileKnown ? 96 : 66, Deduction());
        if (isExplained || btf is not { IsHealthy: true })
            return;

        bool readsIt = btf.OldestLibbpf <= First || refusal.Versions.IsAtLeast(btf.OldestLibbpf!)
            || (FoundVersions is { } found && found.IsAtLeast(btf.OldestLibbpf!) && !Contradicts(refusal.Versions));
        if (readsIt)
            AddOtherFile(refusal);
        else if (IsFileKnown)
            AddDeducedTooOld(refusal);
        else
            AddEither(refusal);
    }

    /// <summary>
    /// Whether the BTF at hand is what the loader read: it was given, or the loader reads the running kernel's. Where the loader names a
    /// file of its own that was not given, that file may be damaged just as well as the library may be too old.
    /// </summary>
    private bool IsFileKnown => btf is { IsDefault: false } || log is not { NamesOwnBtf: true };

    private void AddKindTooNew(LoaderLog refusal, string kind, Version libbpf) => context.Raise(
        Codes.LibbpfTooOldForBtf, 96, $"The libbpf that ran does not know the kind of types BTF_KIND_{kind}, which libbpf {libbpf} and later read: it is older, whatever is installed.",
        [refusal.Messages[0].Line, .. Reported is null ? Array.Empty<string>() : [ReportedText + ", which describes the headers, not what a process loads"]],
        "find the library that runs: sudo grep libbpf /proc/PID/maps; or load with what needs none");

    private void AddEither(LoaderLog refusal)
    {
        const string Give = "give the BTF file that the loader names (btf_custom_path) with --btf: it tells which of the two it is";
        context.Add(
            Codes.LibbpfTooOldForBtf, 64, $"Either the libbpf that ran is too old, or the BTF file that the loader names is damaged; the log alone does not tell. {btf!.Name} takes libbpf {btf.OldestLibbpf} or later.",
            [refusal.Messages[0].Line, .. Dating(refusal)], Give);
        context.Add(
            Codes.OtherBtfRead, 63, "The BTF file that the loader names may be damaged: cut short, converted as text, or not BTF at all.",
            [refusal.Messages[0].Line, .. MissingPath()], Give);
    }

    private LibbpfVersions? FoundVersions => loader?.Effective?.Image.Versions;

    /// <summary>Whether the library that printed the log cannot be the one that is installed, or the one that was found.</summary>
    private bool Contradicts(LibbpfVersions printed) =>
        (Reported is { } reported && printed.IsOlderThan(new Version(reported.Major, reported.Minor)))
        || (FoundVersions is { } found && !printed.IsEmpty && printed.Before is not null && found.IsAtLeast(printed.Before));

    private IEnumerable<string> Deduction() => btf is { IsHealthy: true } && btf.OldestLibbpf > First
        ? [$"{btf.Name} is in order and takes libbpf {btf.OldestLibbpf}: a library that answers -22 (EINVAL) is older than that{(IsFileKnown ? string.Empty : ", if it was given BTF like this")}"]
        : [];

    private void AddOlderThanReported(LoaderLog printed, int weight, IEnumerable<string> deduction)
    {
        string installed = Reported is null ? loader!.Effective!.Image.ToString() : ReportedText;
        string than = Reported is { } reported && printed.Versions.IsOlderThan(new Version(reported.Major, reported.Minor)) ? $"libbpf {reported}" : $"{FoundVersions}";
        context.Raise(
            Codes.LibbpfOlderThanReported, weight,
            $"The messages were not printed by {than}: their text is that of libbpf {printed.Versions}. Another, older libbpf ran.",
            [.. printed.Messages.Take(3).Select(m => m.Line), .. Dating(printed), installed + ", which describes the headers, not what a process loads", .. deduction],
            "find the library that runs: sudo grep libbpf /proc/PID/maps; for a static one: strings EXECUTABLE | grep 'target BTF'"
            + (IsFileKnown ? string.Empty : "; and give the BTF file that the loader names (btf_custom_path), which may be damaged"));
    }

    private static IEnumerable<string> Dating(LoaderLog printed)
    {
        if (printed.Messages.Any(m => m.Versions.Before == new Version(1, 6)))
            yield return "up to 1.5 libbpf prints errors as numbers (-22) or in words; since 1.6 it prints their names (-EINVAL)";
        if (printed.HasObjectLineAfterCoRe)
            yield return "the line \"failed to load object\" follows a failed CO-RE step only up to 1.5";
    }

    private void AddDeducedTooOld(LoaderLog refusal) => context.Add(
        Codes.LibbpfTooOldForBtf, 93,
        $"{btf!.Name} is in order, but takes libbpf {btf.OldestLibbpf} or later; a library that cannot read it is older.",
        [refusal.Messages[0].Line, .. Dating(refusal), .. MissingPath()],
        "name the loader to see which libbpf it gets, or load with what needs none");

    private void AddOtherFile(LoaderLog refusal) => context.Add(
        Codes.OtherBtfRead, 92,
        $"{Printer(refusal)} can read {btf!.Name}, which is in order: what it could not read was another file, or this one before it was complete.",
        [refusal.Messages[0].Line, $"libbpf {btf.OldestLibbpf} and later read {btf.Name}", .. MissingPath()],
        "see which file the loader opens: sudo strace -f -e trace=open,openat LOADER 2>&1 | grep -i btf, and give that one with --btf");

    private string Printer(LoaderLog printed) =>
        loader?.Effective is { } use && !Contradicts(printed.Versions) ? use.Image.ToString() : $"The libbpf that printed this ({printed.Versions})";

    private IEnumerable<string> MissingPath() => btf is { IsDefault: true } && log!.Messages.Any(m => m.Line.Contains("failed to parse target BTF", StringComparison.Ordinal))
        ? ["the message is printed only when the loader names a BTF file of its own (btf_custom_path): give that file with --btf"]
        : [];

    private IEnumerable<string> LogEvidence() => log is { RefusedBtf: true } ? [$"it printed: {log.Messages[0].Line}"] : [];
}
