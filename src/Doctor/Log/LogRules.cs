using BtfCodes = P3Ebpf.Btf.BtfFindingCodes;
using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor.Log;

/// <summary>The messages of libbpf, bpftool and the verifier that tell which step failed, and why.</summary>
/// <remarks>Versions by the texts in the libbpf packages of Debian 11, 12, 13 and unstable (0.3, 1.1.2, 1.5.0, 1.7.0) and libbpf's history.</remarks>
internal static class LogRules
{
    private static readonly LibbpfVersions Since06 = new(new Version(0, 6), null);
    private static readonly LibbpfVersions Since07 = new(new Version(0, 7), null);
    private static readonly LibbpfVersions Since08 = new(new Version(0, 8), null);
    private static readonly LibbpfVersions Since15 = new(new Version(1, 5), null);
    private static readonly LibbpfVersions Before07 = new(null, new Version(0, 7));

    public static IReadOnlyList<LogRule> All { get; } =
    [
        // Reading the BTF to relocate against.
        new(LogStep.BtfParse, "failed to parse target BTF: %E", "libbpf could not read the BTF file that it was given for CO-RE"),
        new(LogStep.BtfParse, "Error loading vmlinux BTF: %E", "libbpf could not read the running kernel's BTF"),
        new(LogStep.BtfParse, "failed to read kernel BTF from '*': %E", "libbpf could not read the running kernel's BTF") { Versions = Since15 },
        new(LogStep.BtfParse, "kernel BTF is missing at", "the running kernel has no BTF") { Versions = Since15, Cause = Codes.KernelLacksBtf },
        new(LogStep.BtfParse, "failed to find valid kernel BTF", "the running kernel has no BTF that libbpf could read") { Cause = Codes.KernelLacksBtf },
        new(LogStep.BtfParse, "vmlinux BTF is not found", "the running kernel has no BTF") { Cause = Codes.KernelLacksBtf },
        new(LogStep.BtfParse, "failed to get EHDR from", "the BTF file is neither raw BTF nor an ELF file") { Cause = BtfCodes.BadMagic, ImpliedError = 4001 },
        new(LogStep.BtfParse, "failed to find '.BTF' ELF section in", "the ELF file that should hold BTF has no .BTF section") { Cause = Codes.ElfWithoutBtf },
        new(LogStep.BtfParse, "failed to load BTF from *: %E", "bpftool could not read a BTF file"),

        // The debug level names the fault in a BTF file.
        new(LogStep.BtfParse, "BTF header not found", "the BTF is shorter than a header") { Cause = BtfCodes.TooSmall },
        new(LogStep.BtfParse, "Invalid BTF magic:", "the data does not begin like BTF") { Cause = BtfCodes.BadMagic },
        new(LogStep.BtfParse, "BTF header len * larger than data size", "the BTF's header is longer than the data") { Cause = BtfCodes.HeaderRange },
        new(LogStep.BtfParse, "Invalid BTF total size:", "the BTF's header promises more data than there is") { Cause = BtfCodes.Truncated },
        new(LogStep.BtfParse, "Invalid BTF data sections layout:", "the BTF's sections overlap") { Cause = BtfCodes.HeaderRange },
        new(LogStep.BtfParse, "BTF type section is not aligned", "the BTF's type section is not aligned") { Cause = BtfCodes.HeaderRange },
        new(LogStep.BtfParse, "Malformed BTF string section, did you forget to provide base BTF", "it is split BTF (a module's), read without its base") { Cause = BtfCodes.SplitNeedsBase },
        new(LogStep.BtfParse, "Invalid BTF string section", "the BTF's string section does not begin or end with a zero byte") { Cause = BtfCodes.StrBad },
        new(LogStep.BtfParse, "nsupported BTF_KIND:", "the BTF has a kind of type that this libbpf does not know, or damage that looks like one") { Cause = BtfCodes.UnknownKind },
        new(LogStep.BtfParse, "BTF type [*] is malformed", "a type record runs past the end of the types") { Cause = BtfCodes.TypeTruncated },
        new(LogStep.BtfParse, "BTF types data is malformed", "bytes are left over after the last type") { Cause = BtfCodes.TypeTruncated },
        new(LogStep.BtfParse, "btf: type [*]: ", "a type refers to a type or name that does not exist") { Cause = BtfCodes.IdRange },

        // CO-RE.
        new(LogStep.CoreRelocation, "<invalid CO-RE relocation>", "the verifier reached an instruction whose CO-RE relocation had found nothing") { Versions = Since08, Cause = Codes.CoreMismatch },
        new(LogStep.CoreRelocation, "failed to resolve CO-RE relocation", "a field or type that the program uses is not in the target BTF") { Versions = Since08, Cause = Codes.CoreMismatch },
        new(LogStep.CoreRelocation, "invalid func unknown#195896080", "the verifier reached an instruction whose CO-RE relocation had found nothing") { Cause = Codes.CoreMismatch },
        new(LogStep.CoreRelocation, "relo #*: no matching targets found", "a field or type that the program uses is not in the target BTF") { Cause = Codes.CoreMismatch },
        new(LogStep.CoreRelocation, "relo #*: failed to relocate: %E", "a CO-RE relocation failed") { Cause = Codes.CoreMismatch },
        new(LogStep.CoreRelocation, "failed to perform CO-RE relocations: %E", "the CO-RE step failed"),

        // Opening the object.
        new(LogStep.Open, "BTF is required, but is missing or corrupted", "the object needs BTF and has none") { Cause = Codes.ObjectWithoutBtf },
        new(LogStep.Open, "elf: failed to open *: %E", "the object file cannot be opened") { Cause = Codes.ObjectUnreadable },
        new(LogStep.Open, "doesn't provide a valid ELF file", "the object is not an ELF file") { Cause = Codes.ObjectUnreadable },
        new(LogStep.Open, "is not a valid eBPF object file", "the object is not compiled for BPF") { Cause = Codes.ObjectUnreadable },
        new(LogStep.Open, "legacy map definitions in 'maps' section are not supported", "the object defines maps in the way that libbpf 1.0 dropped") { Versions = new(new Version(1, 0), null), Cause = Codes.ObjectUnreadable },
        new(LogStep.Open, "failed to open object file", "bpftool could not read the object"),

        // Maps.
        new(LogStep.MapCreation, "permission error while running as root; try raising 'ulimit -l'", "the kernel charges maps to RLIMIT_MEMLOCK, which is too low") { Cause = Codes.NotPermitted, ImpliedError = Errno.EPERM },
        new(LogStep.MapCreation, "map '*': failed to create: %E", "the kernel refused to create a map"),
        new(LogStep.MapCreation, "couldn't reuse pinned map at '*': parameter mismatch", "a map is pinned there already, with other parameters") { Cause = Codes.PinnedMapMismatch },

        // Programs.
        new(LogStep.Permission, "Couldn't load trivial BPF program", "the kernel refuses even the simplest program") { Cause = Codes.NotPermitted, ImpliedError = Errno.EPERM },
        new(LogStep.ProgramLoad, "unknown func ", "the program calls a helper or kernel function that the kernel does not offer to it") { Cause = Codes.KernelLacksFeature },
        new(LogStep.ProgramLoad, "invalid func unknown#", "the program calls a helper that the kernel does not have") { Cause = Codes.KernelLacksFeature },
        new(LogStep.ProgramLoad, "program of this type cannot use helper", "the program calls a helper that its type may not use") { Cause = Codes.KernelLacksFeature },
        new(LogStep.ProgramLoad, "failed to find kernel BTF type ID of '*': %E", "the function or tracepoint that the program names is not in the kernel's BTF") { Cause = Codes.KernelLacksFeature },
        new(LogStep.ProgramLoad, "extern (* ksym) '*': not found in kernel", "the kernel does not have a function or variable that the object uses") { Cause = Codes.KernelLacksFeature },
        new(LogStep.ProgramLoad, "prog '*': BPF program load failed: %E", "the kernel refused a program") { Versions = Since07 },
        new(LogStep.ProgramLoad, "load bpf program failed: %E", "the kernel refused a program") { Versions = Before07 },
        new(LogStep.ProgramLoad, "-- BEGIN PROG LOAD LOG --", "the verifier explains why it refused a program") { Versions = Since07 },
        new(LogStep.ProgramLoad, "-- BEGIN DUMP LOG ---", "the verifier explains why it refused a program") { Versions = Before07 },
        new(LogStep.ProgramLoad, "prog '*': failed to load: %E", "the kernel refused a program") { Versions = Since06 },

        // Attaching.
        new(LogStep.Attach, "failed to determine tracepoint '*' perf event ID: %E", "the tracepoint does not exist, or tracefs cannot be read"),
        new(LogStep.Attach, "tracepoint '*' perf_event_open() failed: %E", "the kernel refused the perf event for a tracepoint"),
        new(LogStep.Attach, "perf_event_open() failed: %E", "the kernel refused a perf event"),
        new(LogStep.Attach, "prog '*': failed to create tracepoint '*' perf event: %E", "the perf event for a tracepoint could not be made"),
        new(LogStep.Attach, "prog '*': failed to create * perf event: %E", "the perf event for a probe could not be made"),
        new(LogStep.Attach, "prog '*': failed to attach*: %E", "the program was loaded, but could not be attached"),
        new(LogStep.Attach, "failed to add legacy *event for *: %E", "the probe could not be made through tracefs"),
        new(LogStep.Attach, "prog '*': failed to auto-attach: %E", "the program was loaded, but could not be attached"),
        new(LogStep.Attach, "failed to auto-attach program '*': %E", "the program was loaded, but could not be attached"),

        // The load as a whole.
        new(LogStep.BtfLoad, "Error loading .BTF into kernel: %E. BTF is mandatory", "the kernel refused the object's own BTF"),
        new(LogStep.Load, "failed to load object '", "the load failed in an earlier step"),
        new(LogStep.Load, "failed to load BPF skeleton '*': %E", "the load failed in an earlier step"),
        new(LogStep.Load, "failed to load object file", "bpftool says that libbpf could not load the object"),
    ];
}
