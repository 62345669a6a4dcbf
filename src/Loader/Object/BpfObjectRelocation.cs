using P3Ebpf.Btf;
using P3Ebpf.CoRe;

namespace P3Ebpf.Loader;

/// <summary>All CO-RE relocations of an object, applied against one target.</summary>
public sealed class BpfObjectRelocation
{
    private readonly Dictionary<BpfFunction, BpfRelocatedFunction> _byFunction = [];
    private readonly List<BpfRelocatedFunction> _functions = [];

    private BpfObjectRelocation(CoreTarget? target) => Target = target;

    /// <summary>What was relocated against; <see langword="null"/> where there was nothing to relocate.</summary>
    public CoreTarget? Target { get; }

    /// <summary>The functions, in the order of the object.</summary>
    public IReadOnlyList<BpfRelocatedFunction> Functions => _functions;

    /// <summary>The first relocation that failed, with its function; the object cannot be loaded then.</summary>
    public (BpfRelocatedFunction Function, CoreRelocationResult Result)? Failure { get; private set; }

    /// <summary>Whether every relocation got an answer. Poisoned instructions are answers: they may be dead code.</summary>
    public bool Succeeded => Failure is null;

    /// <summary>The relocated form of a function.</summary>
    public BpfRelocatedFunction this[BpfFunction function] => _byFunction[function];

    internal static BpfObjectRelocation None(BpfObjectSpec spec)
    {
        var relocation = new BpfObjectRelocation(null);
        relocation.AddFunctions(spec);
        return relocation;
    }

    internal static BpfObjectRelocation Apply(BpfObjectSpec spec, CoreTarget target, bool includeOptional)
    {
        var relocation = new BpfObjectRelocation(target);
        relocation.AddFunctions(spec);
        if (!spec.HasCoreRelocations)
            return relocation;

        HashSet<BpfFunction> passedOver = includeOptional ? [] : [.. spec.Programs.Where(p => !p.IsAutoLoaded).Select(p => p.Function)];
        var relocator = new CoreRelocator(spec.Btf!, target);
        foreach (BtfExtSection<CoreRelocationRecord> section in spec.BtfExt!.CoreRelocations.Sections)
        {
            string name = section.SectionName.ToString();
            for (int i = 0; i < section.Count; i++)
            {
                int instruction = (int)(section[i].InstructionOffset / BpfInstruction.Length);

                // A linker that dropped a weak function leaves its instructions and relocations behind.
                if (spec.FunctionTable.Find(name, instruction) is { } function && !passedOver.Contains(function))
                    relocation.Apply(relocator, section[i], function, instruction - function.SectionOffset);
            }
        }

        return relocation;
    }

    private void Apply(CoreRelocator relocator, CoreRelocationRecord record, BpfFunction function, int instruction)
    {
        BpfRelocatedFunction relocated = _byFunction[function];
        CoreRelocationResult result = relocator.Relocate(record, relocated.Instructions, instruction);
        relocated.ResultList.Add(result);
        if (result.Outcome == CoreRelocationOutcome.Failed)
            Failure ??= (relocated, result);
    }

    private void AddFunctions(BpfObjectSpec spec)
    {
        foreach (BpfFunction function in spec.Functions)
        {
            var relocated = new BpfRelocatedFunction(function);
            _functions.Add(relocated);
            _byFunction.Add(function, relocated);
        }
    }
}
