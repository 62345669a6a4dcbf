namespace P3Ebpf.Doctor;

/// <summary>The codes of <see cref="DoctorFinding"/> beside those of <see cref="Btf.BtfFindingCodes"/>. They do not change; later versions may add some.</summary>
public static class DoctorFindingCodes
{
    /// <summary>The libbpf that runs is older than the one that pkg-config reports.</summary>
    public const string LibbpfOlderThanReported = "libbpf-older-than-reported";

    /// <summary>The libbpf that runs is too old to read the BTF, which is in order.</summary>
    public const string LibbpfTooOldForBtf = "libbpf-too-old-for-btf";

    /// <summary>libbpf is linked into the loader, so that the installed one does not matter.</summary>
    public const string LibbpfStatic = "libbpf-static";

    /// <summary>Which libbpf is loaded depends on who starts the loader.</summary>
    public const string LibbpfDiffersUnderSudo = "libbpf-differs-under-sudo";

    /// <summary>Which libbpf the loader uses.</summary>
    public const string LibbpfFound = "libbpf-found";

    /// <summary>No libbpf was found in or for the loader.</summary>
    public const string LibbpfNotFound = "libbpf-not-found";

    /// <summary>The BTF at hand is in order: what the loader could not read was something else.</summary>
    public const string OtherBtfRead = "other-btf-read";

    /// <summary>The BTF file cannot be read.</summary>
    public const string BtfUnreadable = "btf-unreadable";

    /// <summary>The BTF is not that of the running kernel.</summary>
    public const string BtfOfOtherKernel = "btf-of-other-kernel";

    /// <summary>The BTF is in order.</summary>
    public const string BtfGood = "btf-good";

    /// <summary>The BTF file is an ELF file without a section .BTF.</summary>
    public const string ElfWithoutBtf = "elf-without-btf";

    /// <summary>The section .BTF of the ELF file is empty.</summary>
    public const string BtfSectionEmpty = "btf-section-empty";

    /// <summary>The section .BTF of the ELF file is compressed, which libbpf does not undo.</summary>
    public const string BtfSectionCompressed = "btf-section-compressed";

    /// <summary>The section .BTF of the ELF file has no bytes (SHT_NOBITS), as in separate debug files.</summary>
    public const string BtfSectionNoBits = "btf-section-nobits";

    /// <summary>CO-RE relocations fail against the BTF, or find nothing.</summary>
    public const string CoreMismatch = "core-mismatch";

    /// <summary>All CO-RE relocations succeed.</summary>
    public const string CoreMatches = "core-matches";

    /// <summary>The object has no CO-RE relocations, so that no BTF is read for it.</summary>
    public const string NoCoreNeeded = "no-core-needed";

    /// <summary>The object has no BTF of its own.</summary>
    public const string ObjectWithoutBtf = "object-without-btf";

    /// <summary>The object cannot be read.</summary>
    public const string ObjectUnreadable = "object-unreadable";

    /// <summary>The running kernel has no BTF.</summary>
    public const string KernelLacksBtf = "kernel-lacks-btf";

    /// <summary>The running kernel lacks something that the object uses.</summary>
    public const string KernelLacksFeature = "kernel-lacks-feature";

    /// <summary>The verifier refused a program.</summary>
    public const string VerifierRejected = "verifier-rejected";

    /// <summary>A map is pinned already, with other parameters.</summary>
    public const string PinnedMapMismatch = "pinned-map-mismatch";

    /// <summary>The privilege to use BPF is missing, or something takes it away.</summary>
    public const string NotPermitted = "not-permitted";

    /// <summary>The program loads, but cannot be attached.</summary>
    public const string AttachRefused = "attach-refused";

    /// <summary>The log leaves out what libbpf knows.</summary>
    public const string LogQuiet = "log-quiet";

    /// <summary>The verifier's log was cut before its reason.</summary>
    public const string LogCut = "log-cut";

    /// <summary>The log shows which step failed, and no more.</summary>
    public const string StepFailed = "step-failed";

    /// <summary>Nothing in the log was recognised.</summary>
    public const string LogUnknown = "log-unknown";

    /// <summary>Something about the system is worth knowing.</summary>
    public const string System = "system";
}
