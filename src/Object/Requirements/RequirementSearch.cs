using System.Text;
using P3Ebpf.Object.Relocation;

namespace P3Ebpf.Object.Requirements;

/// <summary>Finds what an object needs besides its relocations, and asks a target's BTF for it. Rules: what libbpf looks up before it loads.</summary>
internal sealed class RequirementSearch(BpfObjectSpec spec, CoreTarget target, BpfObjectRelocation relocation)
{
    private const string KernelFunctionTag = "bpf_kfunc";

    private readonly TargetEnums _enums = TargetEnums.Of(target.Btf);
    private readonly List<BpfRequirement> _found = [];
    private readonly HashSet<(BpfRequirementKind, string)> _seen = [];
    private readonly List<BpfExternSpec> _absent = [];
    private readonly bool _asksForConfiguration = relocation.MayBeGuardedByConfiguration;
    private Dictionary<BpfFunction, bool[]>? _reached;

    /// <summary>Whether the target has an extern, with the type that the object declares; <see langword="null"/> where BTF cannot tell.</summary>
    public bool? Exists(BpfExternSpec item) => _absent.Contains(item) ? false : item.Kind is BpfExternKind.KernelFunction or BpfExternKind.KernelVariable ? true : null;

    /// <summary>All needs, each once.</summary>
    public IReadOnlyList<BpfRequirement> Run()
    {
        foreach (BpfExternSpec item in spec.Externs)
            AddExtern(item);

        // One that is missing may guard the calls of another.
        foreach (BpfExternSpec item in _absent.Where(IsCalled))
        {
            int index = _found.FindIndex(each => each.NeededBy == item.Name && each.IsLacking);
            _found[index] = _found[index] with { Effect = EffectOf(isReached: true) };
        }

        foreach (BpfProgramSpec program in spec.ProgramsToLoad)
            AddProgram(program);
        var maps = new MapRequirements(spec, target, _enums);
        foreach (BpfMapSpec map in spec.Maps.Where(map => map.IsAutoCreated))
        {
            foreach (BpfRequirement each in maps.Of(map))
                Add(each);
        }

        // What an indirect jump goes through is a map that the loader makes of the table.
        if (spec.Functions.FirstOrDefault(function => function.Relocations.Any(each => each.Kind == BpfRelocationKind.JumpTable)) is { } jumps)
            Add(maps.OfType(BpfMapType.InsnArray, jumps.Name));
        AddHelpers();
        return _found;
    }

    private void Add(BpfRequirement requirement)
    {
        if (_seen.Add((requirement.Kind, requirement.Name)))
            _found.Add(requirement);
    }

    private void AddProgram(BpfProgramSpec program)
    {
        if (program.Type != BpfProgramType.Unspec)
        {
            Add(Numbered(
                BpfRequirementKind.ProgramType, KernelNames.Of(program.Type), program.Name, _enums.Has("bpf_prog_type", (long)program.Type),
                $"the kernel has no programs of type {KernelNames.Of(program.Type)}, which Linux {program.Type.Since()} brings"));
        }

        if (program.ExpectedAttachType is { } attach && (program.Definition?.Flags & BpfSectionFlags.OptionalAttachType) is null or BpfSectionFlags.None)
        {
            Add(Numbered(
                BpfRequirementKind.AttachType, KernelNames.Of(attach), program.Name, _enums.Has("bpf_attach_type", (long)attach),
                $"the kernel does not know the attach type {KernelNames.Of(attach)}, which Linux {attach.Since()} brings"));
        }

        AddAttachTarget(program);
    }

    private static BpfRequirement Numbered(BpfRequirementKind kind, string name, string neededBy, bool? isKnown, string missing) => isKnown switch
    {
        true => new(kind, name, neededBy, BpfRequirementStatus.Met, BpfRequirementEffect.Loading),
        false => new(kind, name, neededBy, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading, missing),
        null => new(kind, name, neededBy, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Loading, $"not known from BTF, which does not list what {name} belongs to"),
    };

    private void AddAttachTarget(BpfProgramSpec program)
    {
        switch (program.AttachPoint)
        {
            case BpfBtfTarget { KernelType: { } wanted } point:
                Add(Named(program, point.Name, wanted, BpfRequirementEffect.Loading, isModule: point.Module is not (null or "vmlinux")));
                break;
            case BpfIteratorTarget { KernelType: { } wanted } point:
                Add(Named(program, point.Name, wanted, BpfRequirementEffect.Loading));
                break;
            case BpfRawTracepoint { KernelType: { } wanted } point:
                Add(Named(program, point.Name, wanted, BpfRequirementEffect.Attaching));
                break;
            case BpfTracepoint { Category: "syscalls", Name.Length: > 0 } point:
                Add(NotKnown(program, point.Name, "not known from BTF: tracepoints of system calls have no type of their own"));
                break;
            case BpfTracepoint { Name.Length: > 0 } point:
                Add(Named(program, point.Name, new BpfKernelTypeName("btf_trace_" + point.Name, BtfKind.Typedef), BpfRequirementEffect.Attaching));
                break;
            case BpfKprobe { Function.Length: > 0 } point:
                Add(target.TryFind(point.Function, BtfKind.Func, out _)
                    ? new(BpfRequirementKind.AttachTarget, point.Function, program.Name, BpfRequirementStatus.Met, BpfRequirementEffect.Attaching)
                    : NotKnown(program, point.Function, "not known from BTF, which does not have every function that can be probed"));
                break;
        }
    }

    private static BpfRequirement NotKnown(BpfProgramSpec program, string name, string message) =>
        new(BpfRequirementKind.AttachTarget, name, program.Name, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Attaching, message);

    private BpfRequirement Named(BpfProgramSpec program, string asked, BpfKernelTypeName wanted, BpfRequirementEffect effect, bool isModule = false)
    {
        if (target.TryFind(wanted.Name, wanted.Kind, out _))
            return new(BpfRequirementKind.AttachTarget, asked, program.Name, BpfRequirementStatus.Met, effect);
        if (isModule && !target.HasModules)
            return NotKnown(program, asked, "not known: it is a module's, whose BTF was not given") with { Effect = effect };
        string prefix = wanted.Name.EndsWith(asked, StringComparison.Ordinal) ? wanted.Name[..^asked.Length] : string.Empty;
        return new(
            BpfRequirementKind.AttachTarget, asked, program.Name, BpfRequirementStatus.Missing, effect,
            $"the BTF has no {(wanted.Kind == BtfKind.Func ? "function" : "tracepoint")} '{wanted.Name}', to which {program.Name} (SEC(\"{program.SectionName}\")) is attached{Elsewhere()}",
            Similar(wanted.Name, wanted.Kind, prefix));
    }

    private string Elsewhere() => target.HasModules ? string.Empty : "; a module that was not given may have it";

    private string? Similar(string name, BtfKind kind, string prefix = "")
    {
        string[] near = [.. BtfNameDistance.FindSimilar(target.Btf, name, kind).Where(each => each.StartsWith(prefix, StringComparison.Ordinal)).Select(each => each[prefix.Length..])];
        return near.Length == 0 ? null : $"Similar: {string.Join(", ", near)}.";
    }

    private void AddExtern(BpfExternSpec item)
    {
        switch (item.Kind)
        {
            case BpfExternKind.KernelConfig:
                Add(new(BpfRequirementKind.KernelConfiguration, item.Name, item.Name, BpfRequirementStatus.NotKnown, BpfRequirementEffect.None, "not known from BTF: the kernel's configuration tells"));
                break;
            case BpfExternKind.SymbolAddress:
                Add(new(BpfRequirementKind.KernelSymbol, item.Name, item.Name, BpfRequirementStatus.NotKnown, BpfRequirementEffect.None, "not known from BTF: the kernel's symbols (/proc/kallsyms) tell"));
                break;
            case BpfExternKind.KernelFunction:
                AddTyped(item, BpfRequirementKind.KernelFunction, BtfKind.Func, Encoding.UTF8.GetString(BtfEssentialName.Of(Encoding.UTF8.GetBytes(item.Name)).ToArray()));
                break;
            default:
                AddTyped(item, BpfRequirementKind.KernelVariable, BtfKind.Var, item.Name);
                break;
        }
    }

    private void AddTyped(BpfExternSpec item, BpfRequirementKind kind, BtfKind typeKind, string name)
    {
        BtfSpec own = spec.Btf!;
        var local = new BtfTypeId(item.BtfTypeId);
        if (typeKind == BtfKind.Func)
            local = own[local].TargetId;
        BpfRequirement met = new(kind, item.Name, item.Name, BpfRequirementStatus.Met, BpfRequirementEffect.None);
        if (!target.TryFind(name, typeKind, out BtfType found))
        {
            Lacking(met with
            {
                Status = BpfRequirementStatus.Missing,
                Message = $"the BTF has no {(typeKind == BtfKind.Func ? "kernel function" : "variable")} '{name}'{Elsewhere()}",
                Suggestion = Similar(name, typeKind),
            });
        }
        else if (!CoreTypeCompatibility.AreCompatible(own, own.ResolveModifiers(local).Id, found.Spec, found.Spec.ResolveModifiers(found.TargetId).Id))
        {
            bool isFunction = typeKind == BtfKind.Func;
            Lacking(met with
            {
                Status = BpfRequirementStatus.Different,
                Message = isFunction
                    ? $"kernel function '{name}' has another prototype: {FunctionPrototypes.Describe(name, own, local, found.Spec, found.TargetId)}"
                    : $"variable '{name}' is '{BtfTypeNames.TypeName(found.Spec, found.TargetId)}' there and '{BtfTypeNames.TypeName(own, local)}' here",
                Suggestion = isFunction ? FunctionPrototypes.Advise(name, own, local, found.Spec, found.TargetId) : null,
            });
        }
        else
        {
            Add(typeKind == BtfKind.Func && IsUntagged(found)
                ? met with { Status = BpfRequirementStatus.NotKnown, Message = $"'{name}' exists, and BTF does not mark it as a function that programs may call" }
                : met);
        }

        void Lacking(BpfRequirement lacking)
        {
            if (item.IsWeak)
                _absent.Add(item);
            Add(lacking with { Effect = item.IsWeak ? BpfRequirementEffect.None : BpfRequirementEffect.Loading });
        }
    }

    /// <summary>Whether the kernel's BTF marks its kernel functions (pahole 1.26, Linux 6.10), and not this one.</summary>
    private static bool IsUntagged(BtfType function)
    {
        bool anyTag = false;
        foreach (BtfType tag in function.Spec.FindAll(KernelFunctionTag))
        {
            if (tag.Kind != BtfKind.DeclTag)
                continue;
            anyTag = true;
            if (tag.TargetId == function.Id)
                return false;
        }

        return anyTag;
    }

    private BpfRequirementEffect EffectOf(bool isReached) =>
        !isReached ? BpfRequirementEffect.None : _asksForConfiguration ? BpfRequirementEffect.LoadingUnlessConfigured : BpfRequirementEffect.Loading;

    private Dictionary<BpfFunction, bool[]> Reached => _reached ??= PoisonSearch.ReachedCode(spec, relocation, Exists);

    private bool IsCalled(BpfExternSpec item) => Reached.Any(function => function.Key.Relocations.Any(
        each => each.Kind == BpfRelocationKind.ExternCall && each.Extern == item && function.Value[each.Instruction]));

    private void AddHelpers()
    {
        Dictionary<int, string> called = [];
        foreach (BpfFunction function in spec.Functions)
        {
            foreach (int helper in HelpersOf(function, reached: null))
                called.TryAdd(helper, function.Name);
        }

        foreach ((int helper, string caller) in called.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)))
        {
            string name = ((BpfHelper)helper).KernelName();
            bool? isKnown = _enums.Has("bpf_func_id", helper);
            BpfRequirement requirement = Numbered(
                BpfRequirementKind.Helper, name == "unknown" ? $"helper {helper}" : name, caller, isKnown,
                $"the kernel has no helper {helper} ({name}){(name == "unknown" ? string.Empty : $", which Linux {((BpfHelper)helper).Since()} brings")}");
            Add(isKnown != false ? requirement : requirement with
            {
                Effect = EffectOf(Reached.Any(function => HelpersOf(function.Key, function.Value).Contains(helper))),
            });
        }
    }

    private static IEnumerable<int> HelpersOf(BpfFunction function, bool[]? reached)
    {
        HashSet<int> calls = [.. function.Relocations.Where(each => each.Kind is BpfRelocationKind.ExternCall or BpfRelocationKind.Call).Select(each => each.Instruction)];
        ReadOnlyMemory<BpfInstruction> code = function.Instructions;
        for (int i = 0; i < code.Length; i++)
        {
            BpfInstruction instruction = code.Span[i];
            if (instruction.IsLoadImmediate64)
                i++;
            else if (instruction.IsCall && instruction.CallKind == BpfCallKind.Helper && instruction.Immediate > 0 && !calls.Contains(i) && reached?[i] != false)
                yield return instruction.Immediate;
        }
    }
}
