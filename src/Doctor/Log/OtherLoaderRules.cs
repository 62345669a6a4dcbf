using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor.Log;

/// <summary>The messages of loaders that are not built on libbpf, or add words of their own: who failed at which step, with which error.</summary>
/// <remarks>By the texts in the sources of cilium/ebpf, Aya, bcc and bpftrace, and in reports about them.</remarks>
internal static class OtherLoaderRules
{
    private const string Refused = "the kernel refused a program";

    public static IReadOnlyList<LogRule> All { get; } =
    [
        // cilium/ebpf: the words of Go's errors.
        new(LogStep.MapCreation, "map create: %G (MEMLOCK may be too low", "the kernel refused to create a map, and may charge maps to RLIMIT_MEMLOCK") { Writer = LogWriter.CiliumEbpf },
        new(LogStep.MapCreation, "map create: %G", "the kernel refused to create a map") { Writer = LogWriter.CiliumEbpf },
        new(LogStep.CoreRelocation, "bad CO-RE relocation", "a field or type that the program uses is not in the target BTF") { Writer = LogWriter.CiliumEbpf, Cause = Codes.CoreMismatch },
        new(LogStep.CoreRelocation, "invalid func unknown#195896080", "the verifier reached an instruction whose CO-RE relocation had found nothing") { Cause = Codes.CoreMismatch },
        new(LogStep.BtfParse, "no BTF found for kernel version", "the running kernel has no BTF") { Writer = LogWriter.CiliumEbpf, Cause = Codes.KernelLacksBtf },
        new(LogStep.CoreRelocation, "apply CO-RE relocations: ", "the CO-RE step failed") { Writer = LogWriter.CiliumEbpf },
        new(LogStep.ProgramLoad, "load program: %G", Refused) { Writer = LogWriter.CiliumEbpf },

        // Aya: the words of Rust's errors.
        new(LogStep.MapCreation, "failed to create map `*` with code %E", "the kernel refused to create a map") { Writer = LogWriter.Aya },
        new(LogStep.MapCreation, "failed to create map `*`", "the kernel refused to create a map") { Writer = LogWriter.Aya },
        new(LogStep.BtfLoad, "the BPF_BTF_LOAD syscall failed", "the kernel refused the object's own BTF") { Writer = LogWriter.Aya },
        new(LogStep.ProgramLoad, "the BPF_PROG_LOAD syscall failed", Refused) { Writer = LogWriter.Aya },
        new(LogStep.Attach, "`perf_event_open` failed", "the kernel refused a perf event") { Writer = LogWriter.Aya },
        new(LogStep.Attach, "`bpf_*` failed", "the kernel refused to attach a program") { Writer = LogWriter.Aya },
        new(LogStep.Attach, "`bpf_link_create` syscall failed", "the kernel refused to attach a program") { Writer = LogWriter.Aya },
        new(LogStep.Attach, "bpf_raw_tracepoint_open syscall failed", "the kernel refused to attach a program") { Writer = LogWriter.Aya },

        // bcc.
        new(LogStep.Open, "Module kheaders not found", "bcc compiles on this machine, and the kernel's headers are not there") { Writer = LogWriter.Bcc, Cause = Codes.ObjectUnreadable },
        new(LogStep.Open, "Unable to find kernel headers", "bcc compiles on this machine, and the kernel's headers are not there") { Writer = LogWriter.Bcc, Cause = Codes.ObjectUnreadable },
        new(LogStep.MapCreation, "could not open bpf map: *, error: %E", "the kernel refused to create a map") { Writer = LogWriter.Bcc },
        new(LogStep.ProgramLoad, "bpf: Failed to load program: %E", Refused) { Writer = LogWriter.Bcc },
        new(LogStep.ProgramLoad, "Failed to load BPF program *: %E", Refused) { Writer = LogWriter.Bcc },
        new(LogStep.Attach, "Failed to attach BPF program", "the program was loaded, but could not be attached") { Writer = LogWriter.Bcc },
        new(LogStep.Attach, "cannot attach kprobe, probe entry may not exist", "the kernel function to probe does not exist, or may not be probed") { Writer = LogWriter.Bcc, ImpliedError = Errno.ENOENT },

        // bpftrace.
        new(LogStep.Permission, "only supports running as the root user", "bpftrace was not started by root") { Writer = LogWriter.Bpftrace, ImpliedError = Errno.EPERM },
        new(LogStep.Attach, "ERROR: tracepoint not found: ", "the tracepoint does not exist, or tracefs cannot be read") { Writer = LogWriter.Bpftrace, ImpliedError = Errno.ENOENT },
        new(LogStep.ProgramLoad, "Error loading BPF program for", Refused) { Writer = LogWriter.Bpftrace },
        new(LogStep.ProgramLoad, "Error loading program: ", Refused) { Writer = LogWriter.Bpftrace },
        new(LogStep.Attach, "Error attaching probe: ", "the program was loaded, but could not be attached") { Writer = LogWriter.Bpftrace },
        new(LogStep.Attach, "Unable to attach probe: ", "the program was loaded, but could not be attached") { Writer = LogWriter.Bpftrace },
        new(LogStep.Load, "Loading BPF object(s) failed", "the load failed in an earlier step") { Writer = LogWriter.Bpftrace },
    ];
}
