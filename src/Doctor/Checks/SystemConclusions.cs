using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Concludes from the system what else will fail, for the object at hand.</summary>
internal sealed class SystemConclusions(DoctorContext context, SystemFacts system, ObjectFacts? bpfObject, LoaderLog? log)
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
            context.Add(
                Codes.System, 40, "tracefs is not mounted: libbpf cannot look up the tracepoints.", ["neither tracefs nor debugfs is in /proc/self/mounts"],
                "mount -t tracefs nodev /sys/kernel/tracing");
        }
    }

    private void ReportKernelBtf()
    {
        if (context.RunningKernelBtf is not null || context.Release is null)
            return;
        string? other = context.Kernel.BtfCandidates.Skip(1).FirstOrDefault(context.Files.HasFile);
        bool isNeeded = context.Request.BtfPath is null && other is null && (bpfObject is { NeedsNoBtf: false } || log is { FailedToParseBtf: true });
        context.Raise(
            Codes.KernelLacksBtf, isNeeded ? 96 : 28, $"The running kernel ({context.Release}) does not show BTF of its own.",
            [$"{Kernel.BtfPath} is missing", .. other is null ? [] : new[] { $"{other} may have it" }],
            "use a kernel with CONFIG_DEBUG_INFO_BTF=y, or give the BTF of exactly this kernel (BTFHub has those of many distributions)");
    }

    private void ReportPrivilege()
    {
        // A container that grants the capabilities is none that refuses.
        bool isGranted = system.Capabilities is { CanLoad: true, CanTrace: true } && system.Lockdown != "confidentiality";
        if (system.Restrictions.Count != 0)
            context.Raise(Codes.NotPermitted, isGranted ? 15 : 50, "Something beside missing privilege may refuse BPF here.", system.Restrictions, "try outside of it, or change it as said");
        else if (system.Capabilities is { CanLoad: false } capabilities)
            context.Raise(Codes.NotPermitted, 22, "This process may not load BPF programs; the loader needs root or capabilities.", [$"it has {capabilities}"], "start the loader with sudo");
    }

    private void ReportAttach(BpfProgramSpec[] programs)
    {
        if (programs.Length == 0 || system.Capabilities is not { CanTrace: false } || system.PerfEventParanoid is not { } level)
            return;
        context.Raise(
            Codes.AttachRefused, 38, "Attaching will be refused to this process.",
            [.. programs.Select(p => $"{p.Name}, SEC(\"{p.SectionName}\"), attaches through perf_event_open()"), $"kernel.perf_event_paranoid is {level}, and this process lacks CAP_PERFMON"],
            LogConclusions.AttachAlternatives);
    }
}
