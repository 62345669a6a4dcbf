using System.Text;
using P3Ebpf.Object.Relocation;

namespace P3Ebpf.Object.Requirements;

/// <summary>Finds what an object needs besides its relocations, and asks a target's BTF for it. Rules: what libbpf looks up before it loads.</summary>
internal sealed class RequirementSearch(BpfObjectSpec spec, CoreTarget target, BpfObjectRelocation relocation)
{
    private const string KernelFunctionTag = "bpf_kfunc";
    private const string Configuration = "CONFIG_";

    private readonly TargetEnums _enums = TargetEnums.Of(target.Btf);
    private readonly List<BpfRequirement> _found = [];
    private readonly HashSet<(BpfRequirementKind, string)> _seen = [];
    private readonly List<BpfExternSpec> _absent = [];
    private readonly bool _asksForConfiguration = relocation.MayBeGuardedByConfiguration;
    private readonly AttachRequirements _attaching = new(target);
    private readonly List<BpfExternSpec> _unmarked = [];
    private Dictionary<BpfFunction, bool[]>? _reached;

    /// <summary>Whether the target has an extern, with the type that the object declares; <see langword="null"/> where BTF cannot tell.</summary>
    public bool? Exists(BpfExternSpec item) => _absent.Contains(item) ? false : item.Kind is BpfExternKind.KernelFunction or BpfExternKind.KernelVariable ? true : null;

    /// <summary>All needs, each once.</summary>
    public IReadOnlyList<BpfRequirement> Run()
    {
        if (target.Btf.Header.ByteOrder is var order && order != BtfByteOrderOf(spec))
        {
            Add(new(
                BpfRequirementKind.ByteOrder, Words(BtfByteOrderOf(spec)), spec.Name, BpfRequirementStatus.Different, BpfRequirementEffect.Loading,
                $"the object is compiled for {Words(BtfByteOrderOf(spec))} machines, and the kernel is of a {Words(order)} one", "Compile it with -target bpfel and with -target bpfeb, and load the one that fits."));
        }

        foreach (BpfExternSpec item in spec.Externs)
            AddExtern(item);

        // One that is missing may guard the calls of another.
        foreach (BpfExternSpec item in _absent.Where(IsCalled))
        {
            int index = _found.FindIndex(each => each.NeededBy == item.Name && each.IsLacking);
            _found[index] = _found[index] with { Effect = EffectOf(isReached: true) };
        }

        foreach (BpfExternSpec item in _unmarked.Where(IsCalled))
        {
            int index = _found.FindIndex(each => each.NeededBy == item.Name);
            _found[index] = _found[index] with { Effect = BpfRequirementEffect.Loading };
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
        AddMisplaced();
        foreach (BpfRequirement each in new HelperRequirements(spec, _enums, () => Reached, EffectOf).All())
            Add(each);
        return _found;
    }

    private static BtfByteOrder BtfByteOrderOf(BpfObjectSpec spec) => spec.ByteOrder == ElfByteOrder.LittleEndian ? BtfByteOrder.LittleEndian : BtfByteOrder.BigEndian;

    private static string Words(BtfByteOrder order) => order == BtfByteOrder.LittleEndian ? "little-endian" : "big-endian";

    private void Add(BpfRequirement requirement)
    {
        if (_seen.Add((requirement.Kind, requirement.Name)))
            _found.Add(requirement);
    }

    private void AddProgram(BpfProgramSpec program)
    {
        if (program.Type == BpfProgramType.Unspec)
        {
            string[] near = [.. BpfSectionDefinitions.Near(program.SectionName).Select(name => $"SEC(\"{name}\")")];
            Add(new(
                BpfRequirementKind.SectionName, program.SectionName, program.Name, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading,
                $"the section name of {program.Name}, {program.SectionName}, tells no type of program", near.Length == 0 ? null : $"Perhaps {string.Join(" or ", near)}."));
            return;
        }

        Add(Numbered(
            BpfRequirementKind.ProgramType, KernelNames.Of(program.Type), program.Name, _enums.Has("bpf_prog_type", (long)program.Type),
            $"the kernel has no programs of type {KernelNames.Of(program.Type)}, which Linux {program.Type.Since()} brings"));

        if (program.ExpectedAttachType is { } attach && (program.Definition?.Flags & BpfSectionFlags.OptionalAttachType) is null or BpfSectionFlags.None)
        {
            Add(Numbered(
                BpfRequirementKind.AttachType, KernelNames.Of(attach), program.Name, _enums.Has("bpf_attach_type", (long)attach),
                $"the kernel does not know the attach type {KernelNames.Of(attach)}, which Linux {attach.Since()} brings"));
        }

        if (_attaching.Of(program) is { } attaching)
            Add(attaching);
    }

    /// <summary>What an enumeration of the bpf() interface has, or has not.</summary>
    internal static BpfRequirement Numbered(BpfRequirementKind kind, string name, string neededBy, bool? isKnown, string missing) => isKnown switch
    {
        true => new(kind, name, neededBy, BpfRequirementStatus.Met, BpfRequirementEffect.Loading),
        false => new(kind, name, neededBy, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading, missing),
        null => new(kind, name, neededBy, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Loading, $"not known from BTF, which does not list what {name} belongs to"),
    };

    private void AddExtern(BpfExternSpec item)
    {
        switch (item.Kind)
        {
            case BpfExternKind.KernelConfig:
                // What does not begin so, the loader finds out by itself.
                if (item.Name.StartsWith(Configuration, StringComparison.Ordinal))
                    Add(new(BpfRequirementKind.KernelConfiguration, item.Name, item.Name, BpfRequirementStatus.NotKnown, UnlessWeak(item), $"the kernel's configuration tells whether there is {item.Name}"));
                break;
            case BpfExternKind.SymbolAddress:
                Add(target.TryFind(item.Name, BtfKind.Func, out _) || target.TryFind(item.Name, BtfKind.Var, out _)
                    ? new(BpfRequirementKind.KernelSymbol, item.Name, item.Name, BpfRequirementStatus.Met, BpfRequirementEffect.None)
                    : new(BpfRequirementKind.KernelSymbol, item.Name, item.Name, BpfRequirementStatus.NotKnown, UnlessWeak(item), $"the kernel's symbols (/proc/kallsyms) tell whether there is {item.Name}"));
                break;
            case BpfExternKind.KernelFunction:
                AddTyped(item, BpfRequirementKind.KernelFunction, BtfKind.Func, Encoding.UTF8.GetString(BtfEssentialName.Of(Encoding.UTF8.GetBytes(item.Name)).ToArray()));
                break;
            default:
                AddTyped(item, BpfRequirementKind.KernelVariable, BtfKind.Var, item.Name);
                break;
        }
    }

    private static BpfRequirementEffect UnlessWeak(BpfExternSpec item) => item.IsWeak ? BpfRequirementEffect.None : BpfRequirementEffect.Loading;

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
                Message = $"the BTF has no {(typeKind == BtfKind.Func ? "kernel function" : "variable")} '{name}'{_attaching.Elsewhere}",
                Suggestion = _attaching.Similar(name, typeKind),
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
            bool isUnmarked = typeKind == BtfKind.Func && IsUntagged(found);
            if (isUnmarked)
                _unmarked.Add(item);
            Add(isUnmarked ? met with { Status = BpfRequirementStatus.NotKnown, Message = $"'{name}' exists, and BTF does not mark it as a function that programs may call" } : met);
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

    /// <summary>Variables outside of the values that hold them: GCC's assembler of before 2.41 counts the place of a variable twice, in the instruction and in the symbol.</summary>
    private void AddMisplaced()
    {
        foreach (BpfFunction function in spec.Functions)
        {
            foreach (BpfRelocation each in function.Relocations.Where(each => each is { Kind: BpfRelocationKind.Data, Map: not null }))
            {
                long place = function.Instructions.Span[each.Instruction].Immediate + each.SymbolOffset;
                if (place >= 0 && place < each.Map!.ValueSize)
                    continue;
                Add(new(
                    BpfRequirementKind.Variable, $"{each.Map!.Name}+{place}", function.Name, BpfRequirementStatus.Missing,
                    EffectOf(Reached.TryGetValue(function, out bool[]? code) && code[each.Instruction]),
                    $"{function.Name} refers to byte {place} of {each.Map.Name}, which has {each.Map.ValueSize}",
                    spec.Producer is { } producer && producer.StartsWith("GCC", StringComparison.Ordinal) ? "The assembler of old GCC counts the place of a variable twice: use a newer GCC and binutils, or clang." : null));
            }
        }
    }

    private BpfRequirementEffect EffectOf(bool isReached) =>
        !isReached ? BpfRequirementEffect.None : _asksForConfiguration ? BpfRequirementEffect.LoadingUnlessConfigured : BpfRequirementEffect.Loading;

    private Dictionary<BpfFunction, bool[]> Reached => _reached ??= relocation.Succeeded ? PoisonSearch.ReachedCode(spec, relocation, Exists) : [];

    private bool IsCalled(BpfExternSpec item) => Reached.Any(function => function.Key.Relocations.Any(
        each => each.Kind == BpfRelocationKind.ExternCall && each.Extern == item && function.Value[each.Instruction]));
}
