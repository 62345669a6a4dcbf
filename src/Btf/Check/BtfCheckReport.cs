namespace P3Ebpf.Btf;

/// <summary>All that a check found out about one file.</summary>
public sealed class BtfCheckReport
{
    /// <summary>The judgement.</summary>
    public required BtfVerdict Verdict { get; init; }

    /// <summary>The judgement in a sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>What to do, where there is something to do.</summary>
    public string? Action { get; init; }

    /// <summary>The header as it was stored; <see langword="null"/> where there is none.</summary>
    public BtfHeader? Header { get; init; }

    /// <summary>The sections that the header claims, in the order of their offsets.</summary>
    public IReadOnlyList<BtfSectionExtent> Sections { get; init; } = [];

    /// <summary>The types of the file itself that could be read: <c>void</c> and those of a base are not counted.</summary>
    public int TypeCount { get; init; }

    /// <summary>How many types there are of each kind, by the kind's name (<see cref="BtfKindNames.Tag"/>); absent kinds are left out.</summary>
    public IReadOnlyDictionary<string, int> Kinds { get; init; } = new Dictionary<string, int>();

    /// <summary>What was found: errors first, then warnings, then oddities, each by offset.</summary>
    public required IReadOnlyList<BtfFinding> Findings { get; init; }

    /// <summary>What a split BTF shows of its base, where that base was not given.</summary>
    public BtfSplitGuess? Split { get; init; }

    /// <summary>
    /// The oldest libbpf that reads the file, for example <c>1.0</c>; <c>none released</c> where it takes one later than 1.7;
    /// <see langword="null"/> where none reads it.
    /// </summary>
    public string? OldestLibbpf { get; init; }

    /// <summary>
    /// The oldest Linux whose BPF_BTF_LOAD (for split BTF: whose module loader) takes the file, by the kinds that it uses;
    /// <see langword="null"/> where none does, because of the errors and warnings found.
    /// </summary>
    /// <remarks>
    /// A kernel trusts its own BTF more than that of a program, so vmlinux BTF may well be refused by BPF_BTF_LOAD.
    /// Versions by the commits that brought the kinds: base set 4.18; FUNC, FUNC_PROTO and bitfield-encoding structs 5.0; VAR and
    /// DATASEC 5.2; functions with linkage 5.6; split BTF 5.11; FLOAT 5.13; DECL_TAG 5.16; TYPE_TAG 5.17; ENUM64 and signed
    /// enumerations 6.0; attributes in tags (kind_flag) 6.15.
    /// </remarks>
    public string? OldestKernel { get; init; }

    /// <summary>Whether libbpf refuses the file.</summary>
    public bool HasErrors => Findings.Any(finding => finding.Severity == BtfFindingSeverity.Error);
}

/// <summary>What a check says of the file as a whole.</summary>
public enum BtfVerdict
{
    /// <summary>libbpf and this library read it.</summary>
    Good,

    /// <summary>It was BTF, and something has damaged it; or what made it is broken.</summary>
    Damaged,

    /// <summary>It continues the BTF of another file (a module's BTF that of vmlinux), which was not given.</summary>
    NeedsBase,

    /// <summary>It does not continue the base that was given.</summary>
    WrongBase,

    /// <summary>It is healthy as far as can be seen, but has kinds of types that are newer than this library.</summary>
    NeedsNewerReader,

    /// <summary>It is something else.</summary>
    NotBtf,
}

/// <summary>Where a section lies, as the header claims.</summary>
/// <param name="Name"><c>types</c>, <c>layout</c> or <c>strings</c>.</param>
/// <param name="Offset">Bytes from the start of the data.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct BtfSectionExtent(string Name, long Offset, long Length);
