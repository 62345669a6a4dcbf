namespace P3Ebpf.Object.Requirements;

/// <summary>The helpers that an object calls: whether the kernel has them, and whether its programs may call them.</summary>
/// <param name="spec">The object.</param>
/// <param name="enums">What the kernel's BTF lists.</param>
/// <param name="reached">Which instructions the programs reach; asked for where a helper is lacking.</param>
/// <param name="effectOf">What becomes of an object that lacks what it reaches, or does not reach.</param>
internal sealed class HelperRequirements(BpfObjectSpec spec, TargetEnums enums, Func<Dictionary<BpfFunction, bool[]>> reached, Func<bool, BpfRequirementEffect> effectOf)
{
    /// <summary>Each helper once, and each that is called by who may not.</summary>
    public IEnumerable<BpfRequirement> All() => Existing().Concat(Callable()).Concat(Licensed());

    private static string NameOf(int helper) => ((BpfHelper)helper).KernelName();

    private IEnumerable<BpfRequirement> Existing()
    {
        Dictionary<int, string> called = [];
        foreach (BpfFunction function in spec.Functions)
        {
            foreach (int helper in HelpersOf(function, reached: null))
                _ = called.TryAdd(helper, function.Name);
        }

        foreach ((int helper, string caller) in called.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)))
        {
            string name = NameOf(helper);
            bool? isKnown = enums.Has("bpf_func_id", helper);
            BpfRequirement requirement = RequirementSearch.Numbered(
                BpfRequirementKind.Helper, name == "unknown" ? $"{helper}" : name, caller, isKnown,
                $"the kernel has no helper {helper} ({name}){(name == "unknown" ? string.Empty : $", which Linux {((BpfHelper)helper).Since()} brings")}");
            yield return isKnown != false ? requirement : requirement with { Effect = effectOf(reached().Any(function => HelpersOf(function.Key, function.Value).Contains(helper))) };
        }
    }

    /// <summary>What the programs themselves call; who reaches a subprogram may be of several types.</summary>
    private IEnumerable<BpfRequirement> Callable()
    {
        foreach (BpfProgramSpec program in spec.ProgramsToLoad)
        {
            foreach (int helper in HelpersOf(program.Function, reached: null).Distinct())
            {
                if (enums.Has("bpf_func_id", helper) == false || HelperCallers.Instead(program.Type, (BpfHelper)helper) is not { } callers)
                    continue;
                yield return new(
                    BpfRequirementKind.HelperCall, NameOf(helper), program.Name, BpfRequirementStatus.Missing, effectOf(reached().TryGetValue(program.Function, out bool[]? code) && HelpersOf(program.Function, code).Contains(helper)),
                    $"{program.Name} is of type {KernelNames.Of(program.Type)}, and such programs may not call {NameOf(helper)}",
                    $"It is for programs of type {string.Join(", ", callers.Select(KernelNames.Of))}.");
            }
        }
    }

    private IEnumerable<BpfRequirement> Licensed()
    {
        if (HelperCallers.IsGpl(spec.License))
            yield break;
        const string Advice = "Put it under a licence that the kernel takes for compatible with the GPL: char LICENSE[] SEC(\"license\") = \"GPL\".";
        string license = spec.License.Length == 0 ? "it names none" : $"its is {spec.License}";
        foreach (BpfProgramSpec program in spec.ProgramsToLoad)
        {
            if (program.Type is BpfProgramType.StructOps or BpfProgramType.Lsm)
            {
                yield return new(
                    BpfRequirementKind.License, KernelNames.Of(program.Type), program.Name, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading,
                    $"programs of type {KernelNames.Of(program.Type)} need a licence compatible with the GPL, and {license}", Advice);
            }
        }

        foreach (BpfFunction function in spec.Functions)
        {
            foreach (int helper in HelpersOf(function, reached: null).Where(each => HelperCallers.IsForGpl((BpfHelper)each)).Distinct())
            {
                yield return new(
                    BpfRequirementKind.License, NameOf(helper), function.Name, BpfRequirementStatus.Missing,
                    effectOf(reached().TryGetValue(function, out bool[]? code) && HelpersOf(function, code).Contains(helper)),
                    $"{NameOf(helper)} is for programs under a licence compatible with the GPL, and {license}", Advice);
            }
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
