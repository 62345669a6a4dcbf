using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Concludes from the log which step failed, and why where the log or the error number tells.</summary>
internal sealed class LogConclusions(DoctorContext context, LoaderLog log, BtfFacts? btf, ObjectFacts? bpfObject, SystemFacts system)
{
    private const int Cause = 95;
    private const int LibbpfFormatError = 4001;
    private const int NoData = 61;
    private const string MoreLog = "load with p3ebpf load, which asks again until it has the reason; or give the loader a buffer of 16 MiB (bpf_program__set_log_buf), or level 4 (kernel_log_level), which leaves out the way there";

    private static readonly Dictionary<LogStep, string> Steps = new()
    {
        [LogStep.Open] = "opening the object",
        [LogStep.Permission] = "asking the kernel for BPF",
        [LogStep.BtfParse] = "reading the BTF to relocate against",
        [LogStep.CoreRelocation] = "the CO-RE relocations",
        [LogStep.BtfLoad] = "loading the object's BTF",
        [LogStep.MapCreation] = "creating the maps",
        [LogStep.ProgramLoad] = "loading the programs",
        [LogStep.Attach] = "attaching the programs",
        [LogStep.Load] = "loading the object",
    };

    public void Draw()
    {
        if (log.Decisive is not { } decisive)
        {
            ExplainUnknown();
            return;
        }

        AddStep(decisive);
        if (decisive.Step == LogStep.BtfParse)
            ExplainBtf(decisive);
        else
            Explain(decisive);
        if (IsQuiet(decisive))
            AddQuiet();
    }

    /// <summary>The verifier's own words may be there although nobody says who passes them on; otherwise the log is foreign, which is said.</summary>
    private void ExplainUnknown()
    {
        if (log.Verdict is { Reason: not null } verdict)
        {
            AddRejected(verdict, log.Writer == LogWriter.Verifier ? "the log is the verifier's own" : $"the log is that of {LogWriters.NameOf(log.Writer)}");
            return;
        }

        string error = log.SystemError == 0 ? string.Empty : $"; the last error that it names is {Errno.NameOf(log.SystemError)} ({Errno.Describe(log.SystemError)})";
        (string summary, string action) = log.Writer is LogWriter.Unknown or LogWriter.Verifier
            ? ("This log is not one that is known here: not of libbpf, bpftool, cilium/ebpf, Aya, bcc or bpftrace, nor the verifier's", "give what the loader prints to standard error, complete")
            : ($"The log is that of {LogWriters.NameOf(log.Writer)}, but no message in it is known here", "have the loader print more (its debug or verbose option), and give all of it");
        context.Add(Codes.LogUnknown, 45, $"{summary}{error}.", [], action);
    }

    /// <summary>Whether the step that failed is one about which libbpf says more at its debug level, and nothing that is known makes up for it.</summary>
    private bool IsQuiet(LogMessage decisive) =>
        !log.HasDebugLines && decisive.Cause is null && log.Writer is LogWriter.Libbpf or LogWriter.Bpftool
        && (decisive.Step == LogStep.CoreRelocation || (decisive is { Step: LogStep.BtfParse, Error: 0 or Errno.EINVAL } && btf?.Fault is null));

    private void AddStep(LogMessage decisive)
    {
        List<string> evidence = [.. log.Messages.Take(6).Select(m => $"\"{m.Line}\": {m.Meaning}")];
        if (log.Writer is not (LogWriter.Unknown or LogWriter.Libbpf))
            evidence.Add($"the log is that of {LogWriters.NameOf(log.Writer)}{(decisive.Error == 0 ? string.Empty : $"; the error is {Errno.NameOf(decisive.Error)}")}");
        if (log.Versions.IsEmpty)
            evidence.Add("no single libbpf prints all of these texts: several ran, or lines were re-written");
        else if (!log.Versions.IsAny)
            evidence.Add($"this text is that of libbpf {log.Versions}");
        context.Add(Codes.StepFailed, 45, $"The step that failed: {Steps[decisive.Step]}. {Sentence(decisive.Meaning)}", evidence);
    }

    private void ExplainBtf(LogMessage decisive)
    {
        if (btf?.Fault is not null || log.KindTooNew is not null || (log.RefusedBtf && decisive.Cause is null))
            return;
        (string code, string summary, string action) = decisive.Error switch
        {
            Errno.ENOENT => (Codes.BtfUnreadable, "The BTF file that the loader names does not exist.", "check btf_custom_path; without it libbpf takes " + Kernel.BtfPath),
            Errno.EACCES or Errno.EPERM => (Codes.BtfUnreadable, "The loader may not read the BTF file.", "check the file's mode, and those of its directories"),
            5 => (Codes.BtfUnreadable, "The BTF file is empty, or a directory.", "copy it again, and name the file"),
            NoData => (Codes.ElfWithoutBtf, "The ELF file that the loader names has no BTF.", "name raw BTF, or a kernel image with a section .BTF"),
            LibbpfFormatError => (BtfFindingCodes.BadMagic, "The file that the loader names is neither BTF nor ELF.", "check what the file is"),
            _ when decisive.Cause is { } cause => (cause, Sentence(decisive.Meaning), "check the file for where and why"),
            _ => (string.Empty, string.Empty, string.Empty),
        };
        if (code.Length != 0)
            context.Raise(code, 93, summary, [decisive.Line], action);
    }

    private void Explain(LogMessage decisive)
    {
        switch (decisive.Step, decisive.Error)
        {
            case (LogStep.Attach, Errno.EPERM or Errno.EACCES):
                AddAttachRefused(decisive);
                break;
            case (LogStep.Attach, Errno.ENOENT):
                context.Raise(
                    Codes.KernelLacksFeature, Cause, "What the program attaches to does not exist in this kernel, or tracefs is not there to look it up.",
                    [decisive.Line, system.HasTraceFs ? "tracefs is mounted" : "tracefs is not mounted"],
                    system.HasTraceFs ? "list what there is: sudo ls /sys/kernel/tracing/events" : "mount -t tracefs nodev /sys/kernel/tracing");
                break;
            case (LogStep.Permission or LogStep.MapCreation or LogStep.ProgramLoad or LogStep.BtfLoad, Errno.EPERM):
                AddNotPermitted(decisive);
                break;
            case (LogStep.ProgramLoad, _) when log.Verdict is { Reason: not null } verdict:
                AddRejected(verdict, decisive.Line, decisive.Cause);
                break;
            case (LogStep.ProgramLoad, Errno.ENOSPC):
                context.Raise(Codes.LogCut, Cause, "The verifier's log did not fit into the loader's buffer, and the load failed for that (ENOSPC), whatever the verifier thinks.", [decisive.Line], MoreLog);
                break;
            case (LogStep.ProgramLoad, _) when log.Verdict is { IsCut: true } cut:
                context.Raise(Codes.LogCut, Cause, "The verifier refused a program, and its log was cut before the reason: what stands there last is a step of its way.", [decisive.Line, .. cut.DecisiveLines], MoreLog);
                break;
            case (_, _) when decisive.Cause == Codes.CoreMismatch && log.Missing is { } missing:
                AddMissing(missing, decisive.Line);
                break;
            case (_, _) when decisive.Cause is { } cause:
                context.Raise(cause, Cause, Sentence(decisive.Meaning), [decisive.Line], ActionFor(cause));
                break;
            case (LogStep.MapCreation, Errno.EINVAL):
                context.Raise(
                    Codes.KernelLacksFeature, Cause, "The kernel does not know this kind of map, or not with these sizes and flags.", [decisive.Line],
                    "compare the object with what the kernel can do");
                break;
            case (LogStep.ProgramLoad, _):
                context.Raise(
                    Codes.VerifierRejected, Cause, "The verifier refused a program; the BTF and the CO-RE step were in order.", [decisive.Line],
                    "read the verifier's last lines, between BEGIN and END of its log");
                break;
        }
    }

    /// <summary>As good as loading the object: the reason, the source line, the remedy.</summary>
    private void AddRejected(VerifierVerdict verdict, string line, string? cause = null)
    {
        string program = log.Program is { } name ? $"program '{name}'" : "a program";
        string source = SourceOf(verdict) is { } place ? $" (at {place})" : string.Empty;
        context.Raise(
            cause ?? Codes.VerifierRejected, Cause, $"The verifier refused {program}: {verdict.Reason}{source}.", [line, .. verdict.DecisiveLines],
            verdict.Remedy is { } remedy ? char.ToLowerInvariant(remedy[0]) + remedy[1..].TrimEnd('.') : "read what the verifier says before that, from the beginning of its log");
    }

    /// <summary>As good as loading the object: which field, in which line, and what the kernel has instead.</summary>
    private void AddMissing(MissingAccess missing, string line)
    {
        string program = log.Program is { } name ? $"Program '{name}'" : "A program";
        string source = log.Verdict is { } verdict && SourceOf(verdict) is { } place ? $" (at {place})" : string.Empty;
        string instead = btf?.Spec is { } types && missing.Suggest(types) is { } suggestion ? $" In {btf.Name} {suggestion}." : string.Empty;
        context.Raise(
            Codes.CoreMismatch, Cause, $"{program} asks for {missing.Text}{source}, which the kernel does not have.{instead}", [line],
            "declare what each kernel has (a flavour, struct NAME___other), and choose with bpf_core_field_exists()");
    }

    /// <summary>Where the log shows no place, the line information of the object does.</summary>
    private string? SourceOf(VerifierVerdict verdict)
    {
        if (log.Program is { } name && verdict.Instruction is { } index && bpfObject?.Spec?.Programs.FirstOrDefault(p => p.Name == name) is { } program
            && index < program.Function.Instructions.Length && program.Function.SourceLineOf(index) is { } line)
            return $"{line} in {name}: {line.Text}";
        return verdict.SourceLine;
    }

    private void AddNotPermitted(LogMessage decisive) => context.Raise(
        Codes.NotPermitted, Cause, "The kernel refused for want of privilege.",
        [
            decisive.Line,
            .. system.Restrictions,
            .. system.Capabilities is { } capabilities ? [$"this process has {capabilities}"] : Array.Empty<string>(),
            .. system.Kernel < new Version(5, 11) ? ["kernels before 5.11 charge maps and programs to RLIMIT_MEMLOCK"] : Array.Empty<string>(),
        ],
        "run the loader as root, or give it CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; on kernels before 5.11 also: ulimit -l unlimited");

    private void AddAttachRefused(LogMessage decisive) => context.Raise(
        Codes.AttachRefused, Cause, "The program was loaded, but the kernel refused to attach it.",
        [
            decisive.Line,
            "tracepoints, kprobes and uprobes attach through perf_event_open(), which CAP_PERFMON, perf_event_paranoid, seccomp and containers decide about",
            .. system.PerfEventParanoid is { } level ? [$"kernel.perf_event_paranoid is {level}"] : Array.Empty<string>(),
            .. system.Restrictions,
        ],
        AttachAlternatives);

    /// <summary>Ways to attach that take bpf() alone.</summary>
    internal const string AttachAlternatives =
        "attach without perf_event_open(): SEC(\"raw_tp/sched_switch\") or SEC(\"tp_btf/sched_switch\") instead of SEC(\"tracepoint/sched/sched_switch\"), "
        + "SEC(\"fentry/FUNCTION\") instead of SEC(\"kprobe/FUNCTION\"); or give CAP_PERFMON";

    private void AddQuiet() => context.Add(
        Codes.LogQuiet, 32, "libbpf knows more than it printed: at its default level it leaves out which check of the BTF failed.", [],
        "since libbpf 1.5: LIBBPF_LOG_LEVEL=debug LOADER …; before: bpftool -d prog load OBJECT /sys/fs/bpf/try kernel_btf FILE (with bpftool's own libbpf), or check the file without either");

    private static string ActionFor(string cause) => cause switch
    {
        Codes.CoreMismatch => "relocate the object against the BTF to see what is missing",
        Codes.PinnedMapMismatch => "remove the pinned map, or pin under another path",
        Codes.ObjectWithoutBtf => "compile it with clang -g -O2 -target bpf",
        Codes.KernelLacksFeature => "compare the object with what the kernel can do",
        _ => "have the object examined too",
    };

    private static string Sentence(string meaning) => char.ToUpperInvariant(meaning[0]) + meaning[1..] + ".";
}
