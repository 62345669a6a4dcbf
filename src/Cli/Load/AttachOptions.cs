using System.CommandLine;
using System.Globalization;

namespace P3Ebpf.Cli.Load;

/// <summary>The options of <c>load</c> that say where programs are attached whose section names leave it open, or say otherwise.</summary>
internal sealed class AttachOptions
{
    /// <summary>How often a program of a perf event runs, each second of processor time; not in step with what happens every 10 ms.</summary>
    private const ulong SampleFrequency = 99;

    private readonly Option<string?> _device = new("--dev") { HelpName = "IFACE", Description = "The network device, for xdp, tc, tcx and netkit." };
    private readonly Option<string?> _cgroup = new("--cgroup") { HelpName = "PATH", Description = "The control group's directory, for cgroup programs, lsm_cgroup and iter/cgroup." };
    private readonly Option<string?> _namespace = new("--netns") { HelpName = "PATH", Description = "The network namespace, for sk_lookup and flow_dissector; such as /proc/self/ns/net." };

    private readonly Option<int?> _process = new("--pid")
    {
        HelpName = "PID",
        Description = "The process to watch, for uprobe, usdt, iter/task and perf_event (its CPU clock, 99 times a second).",
    };

    private readonly Option<string[]> _places = new("--attach")
    {
        HelpName = "PROG=WHERE",
        Description = "Attach a program there instead of where SEC() says: WHERE as SEC() writes it, or PIN:FUNCTION or ID:FUNCTION of a BPF program, for freplace and fentry. May be given again.",
    };

    public IReadOnlyList<Option> All => [_device, _cgroup, _namespace, _process, _places];

    /// <summary>What the command line says about an object whose programs have been chosen.</summary>
    /// <exception cref="UsageException">An option concerns no program of the object, or a place does not fit its program.</exception>
    public AttachChoice Apply(ParseResult arguments, BpfObjectSpec spec)
    {
        var targets = new Dictionary<string, BpfProgram>(StringComparer.Ordinal);
        try
        {
            foreach (string text in arguments.GetValue(_places) ?? [])
                Place(spec, text, targets);
            var choice = new AttachChoice(
                new BpfAttachOptions
                {
                    Device = arguments.GetValue(_device),
                    Cgroup = arguments.GetValue(_cgroup),
                    NetworkNamespace = arguments.GetValue(_namespace),
                    ProcessId = arguments.GetValue(_process),
                    PerfEvent = arguments.GetValue(_process) is { } process
                        ? new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 0, Frequency = SampleFrequency, ProcessId = process }
                        : null,
                },
                targets);
            RequireUse(spec, arguments.GetValue(_device), _device, point => point is BpfDeviceHook);
            RequireUse(spec, arguments.GetValue(_cgroup), _cgroup, point => point is BpfCgroupHook or BpfBtfTarget { Type: BpfAttachType.LsmCgroup } or BpfIteratorTarget { Name: "cgroup" });
            RequireUse(spec, arguments.GetValue(_namespace), _namespace, point => point is BpfNetworkNamespaceHook);
            RequireUse(spec, arguments.GetValue(_process), _process, point => point is BpfUprobe or BpfUprobeMulti or BpfUsdt or BpfPerfEventHook || AttachChoice.WalksTasks(point));
            RequireTargets(spec, targets);
            return choice;
        }
        catch
        {
            foreach (BpfProgram target in targets.Values)
                target.Dispose();
            throw;
        }
    }

    private static void Place(BpfObjectSpec spec, string text, Dictionary<string, BpfProgram> targets)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || equals == text.Length - 1)
            throw new UsageException($"--attach takes PROG=WHERE, such as probe=kprobe/do_exit, not '{text}'.");
        BpfProgramSpec program = spec.Programs[text[..equals]];
        string where = text[(equals + 1)..];
        if (TryOpenTarget(program, where, out BpfProgram? target))
        {
            string function = where[(where.LastIndexOf(':') + 1)..];
            program.AttachPoint = program.Type == BpfProgramType.Ext ? new BpfExtensionTarget(function) : new BpfBtfTarget(program.ExpectedAttachType ?? default, function);
            if (!targets.TryAdd(program.Name, target))
            {
                target.Dispose();
                throw new UsageException($"--attach: program '{program.Name}' is given two places.");
            }

            return;
        }

        BpfAttachPoint point = BpfAttachPoint.Parse(where);
        if (point is BpfInvalidAttachPoint invalid)
            throw new UsageException($"--attach {program.Name}: '{where}' {invalid.Problem}.");
        _ = BpfSectionDefinitions.TryFind(where, out BpfSectionDefinition? definition);
        if (program.Type != BpfProgramType.Unspec && definition!.ProgramType != program.Type)
        {
            throw new UsageException(
                $"--attach: program '{program.Name}' is of type {Words.Of(program.Type)}, as SEC(\"{program.SectionName}\") says, and '{where}' takes {Words.Of(definition.ProgramType)}.");
        }

        program.Type = definition!.ProgramType;
        program.AttachPoint = point;
        program.ExpectedAttachType = definition.AttachType ?? program.ExpectedAttachType;
    }

    /// <summary>Opens the BPF program of <c>PIN:FUNCTION</c> or <c>ID:FUNCTION</c>, for programs that can be attached to one.</summary>
    private static bool TryOpenTarget(BpfProgramSpec program, string where, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BpfProgram? target)
    {
        target = null;
        int colon = where.LastIndexOf(':');
        bool canHave = program.Type == BpfProgramType.Ext
            || program.ExpectedAttachType is BpfAttachType.TraceFentry or BpfAttachType.TraceFexit or BpfAttachType.ModifyReturn or BpfAttachType.TraceFsession;
        if (!canHave || colon <= 0 || colon == where.Length - 1)
            return false;
        string name = where[..colon];
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
            target = BpfProgram.FromId(id);
        else if (name[0] is '/' or '.')
            target = BpfProgram.FromPin(name);
        return target is not null;
    }

    private static void RequireUse(BpfObjectSpec spec, object? value, Option option, Func<BpfAttachPoint, bool> concerns)
    {
        if (value is not null && !spec.ProgramsToLoad.Any(program => concerns(program.AttachPoint)))
            throw new UsageException($"{option.Name}: no program of {spec} that is loaded is attached to such a thing; {option.Name} is {LowerFirst(option.Description!)}");
    }

    private static void RequireTargets(BpfObjectSpec spec, Dictionary<string, BpfProgram> targets)
    {
        if (spec.ProgramsToLoad.FirstOrDefault(program => program.Type == BpfProgramType.Ext && !targets.ContainsKey(program.Name)) is { } lacking)
        {
            throw new UsageException(
                $"Program '{lacking.Name}' replaces a function of another BPF program, without which it cannot be loaded: name it with {AttachChoice.OptionFor(lacking)}.");
        }
    }

    private static string LowerFirst(string text) => char.ToLowerInvariant(text[0]) + text[1..];
}

/// <summary>Where the programs of an object are attached, by section names and command line.</summary>
/// <param name="options">What section names leave open.</param>
/// <param name="targets">The BPF programs that programs are attached to; owned by this.</param>
internal sealed class AttachChoice(BpfAttachOptions options, IReadOnlyDictionary<string, BpfProgram> targets) : IDisposable
{
    public BpfAttachOptions Options => options;

    public IReadOnlyDictionary<string, BpfProgram> Targets => targets;

    public static bool WalksTasks(BpfAttachPoint point) => point is BpfIteratorTarget { Name: "task" or "task_file" or "task_vma" };

    /// <summary>What concerns one program of a loaded object. Iterators are told only what their kind takes, and programs for maps of sockets get the object's only one.</summary>
    public BpfAttachOptions For(BpfProgram program, BpfObject contents) => program.Spec?.AttachPoint switch
    {
        BpfIteratorTarget point => new BpfAttachOptions
        {
            Cgroup = point.Name == "cgroup" ? options.Cgroup : null,
            ProcessId = WalksTasks(point) ? options.ProcessId : null,
            Map = point.Name switch
            {
                "bpf_map_elem" => Only(contents, map => map is { Type: BpfMapType.Hash or BpfMapType.Array or BpfMapType.LruHash or BpfMapType.PercpuHash or BpfMapType.PercpuArray or BpfMapType.LruPercpuHash, Spec.IsData: false }),
                "bpf_sk_storage_map" => Only(contents, map => map.Type == BpfMapType.SkStorage),
                "sockmap" => Only(contents, map => map.Type is BpfMapType.Sockmap or BpfMapType.Sockhash),
                _ => null,
            },
        },
        BpfSocketMapHook => options with { Map = Only(contents, map => map.Type is BpfMapType.Sockmap or BpfMapType.Sockhash) },
        _ => options,
    };

    /// <summary>Why a program is attached nowhere, and what would change that.</summary>
    public string WhyNot(BpfProgramSpec program)
    {
        string? option = OptionFor(program);
        return options.MissingFor(program.AttachPoint) switch
        {
            null => "it is not attached by itself",
            _ when program.AttachPoint is BpfNoAttachPoint => "it is run, or entered in a map or route, not attached",
            _ when program.AttachPoint is BpfSocketHook => "who owns the socket attaches it to that",
            { } missing => $"SEC(\"{program.SectionName}\") does not say where; it takes {missing}{(option is null ? string.Empty : $": {option}")}",
        };
    }

    /// <summary>The option that says what a section name leaves open.</summary>
    public static string? OptionFor(BpfProgramSpec program) => program.AttachPoint switch
    {
        BpfDeviceHook { Type: null } => $"--dev IFACE --attach {program.Name}=tcx/ingress",
        BpfDeviceHook => "--dev IFACE",
        BpfCgroupHook or BpfBtfTarget { Type: BpfAttachType.LsmCgroup, Name.Length: > 0 } => "--cgroup PATH",
        BpfNetworkNamespaceHook => "--netns PATH",
        BpfPerfEventHook => "--pid PID",
        BpfExtensionTarget or BpfBtfTarget { Type: BpfAttachType.TraceFentry or BpfAttachType.TraceFexit } => $"--attach {program.Name}=PIN:FUNCTION",
        BpfTracepoint => $"--attach {program.Name}={program.SectionName}/CATEGORY/NAME",
        BpfUprobe or BpfUprobeMulti => $"--attach {program.Name}={program.SectionName}/BINARY:FUNCTION",
        BpfUsdt => $"--attach {program.Name}={program.SectionName}/BINARY:PROVIDER:NAME",
        BpfRawTracepoint or BpfKprobe or BpfKprobeMulti or BpfTracingMulti or BpfSystemCallProbe or BpfIteratorTarget or BpfBtfTarget => $"--attach {program.Name}={program.SectionName}/NAME",
        _ => null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BpfProgram target in targets.Values)
            target.Dispose();
    }

    private static BpfMap? Only(BpfObject contents, Func<BpfMap, bool> fits)
    {
        BpfMap[] maps = [.. contents.Maps.Where(fits)];
        return maps.Length == 1 ? maps[0] : null;
    }
}
