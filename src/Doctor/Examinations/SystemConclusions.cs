using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor.Examinations;

/// <summary>Concludes from the system what else will fail, for the object at hand.</summary>
internal sealed class SystemConclusions(Examination examination, SystemSubject system, ObjectSubject? bpfObject, LoaderLog? log)
{
    private static readonly BpfAttachKind[] ThroughPerfEvents =
        [BpfAttachKind.Tracepoint, BpfAttachKind.Kprobe, BpfAttachKind.Uprobe, BpfAttachKind.SystemCall];

    public void Draw()
    {
        ReportKernelBtf();
        ReportPrivilege();
        BpfProgramSpec[] programs = [.. bpfObject?.Spec?.ProgramsToLoad ?? []];
        ReportAttach([.. programs.Where(p => p.Definition is { } d && ThroughPerfEvents.Contains(d.AttachKind))]);
        if (!system.HasTraceFs && programs.Any(p => p.Definition?.AttachKind == BpfAttachKind.Tracepoint))
        {
            examination.Add(
                Codes.System, 40, "tracefs is not mounted: libbpf cannot look up the tracepoints.", ["neither tracefs nor debugfs is in /proc/self/mounts"],
                "mount -t tracefs nodev /sys/kernel/tracing");
        }
    }

    private void ReportKernelBtf()
    {
        if (examination.RunningKernelBtf is not null || examination.Release is null)
            return;
        string? other = examination.Kernel.BtfCandidates.Skip(1).FirstOrDefault(examination.Files.HasFile);
        bool isNeeded = examination.Request.BtfPath is null && other is null && (bpfObject is { NeedsNoBtf: false } || log is { FailedToParseBtf: true });
        examination.Raise(
            Codes.KernelLacksBtf, isNeeded ? 96 : 28, $"The running kernel ({examination.Release}) does not show BTF of its own.",
            [$"{Kernel.BtfPath} is missing", .. other is null ? [] : new[] { $"{other} may have it" }],
            "use a kernel with CONFIG_DEBUG_INFO_BTF=y, or give the BTF of exactly this kernel (BTFHub has those of many distributions)");
    }

    private void ReportPrivilege()
    {
        // A container that grants the capabilities is none that refuses.
        bool isGranted = system.Capabilities is { CanLoad: true, CanTrace: true } && system.Lockdown != "confidentiality";
        if (system.Restrictions.Count != 0)
            examination.Raise(Codes.NotPermitted, isGranted ? 15 : 50, "Something beside missing privilege may refuse BPF here.", system.Restrictions, "try outside of it, or change it as said");
        else if (system.Capabilities is { CanLoad: false } capabilities)
            examination.Raise(Codes.NotPermitted, 22, "This process may not load BPF programs; the loader needs root or capabilities.", [$"it has {capabilities}"], "start the loader with sudo");
    }

    private void ReportAttach(BpfProgramSpec[] programs)
    {
        if (programs.Length == 0 || system.Capabilities is not { CanTrace: false } || system.PerfEventParanoid is not { } level)
            return;
        examination.Raise(
            Codes.AttachRefused, 38, "Attaching will be refused to this process.",
            [.. programs.Select(p => $"{p.Name}, SEC(\"{p.SectionName}\"), attaches through perf_event_open()"), $"kernel.perf_event_paranoid is {level}, and this process lacks CAP_PERFMON"],
            LogConclusions.AttachAlternatives);
    }
}
