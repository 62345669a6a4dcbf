
namespace P3Ebpf.Object.Relocation;

/// <summary>All CO-RE relocations of an object, applied against one target.</summary>
public sealed class BpfObjectRelocation
{
    private readonly Dictionary<BpfFunction, BpfRelocatedFunction> _byFunction = [];
    private readonly List<BpfRelocatedFunction> _functions = [];

    private readonly BpfObjectSpec _spec;

    private BpfObjectRelocation(BpfObjectSpec spec, CoreTarget? target)
    {
        _spec = spec;
        Target = target;
        foreach (BpfFunction function in spec.Functions)
        {
            var relocated = new BpfRelocatedFunction(function);
            _functions.Add(relocated);
            _byFunction.Add(function, relocated);
        }
    }

    /// <summary>What was relocated against; <see langword="null"/> where there was nothing to relocate.</summary>
    public CoreTarget? Target { get; }

    /// <summary>The functions, in the order of the object.</summary>
    public IReadOnlyList<BpfRelocatedFunction> Functions => _functions;

    /// <summary>The first relocation that failed, with its function; the object cannot be loaded then.</summary>
    public BpfRelocationFinding? Failure { get; private set; }

    /// <summary>Whether every relocation got an answer. Poisoned instructions are answers: they may be dead code.</summary>
    public bool Succeeded => Failure is null;

    /// <summary>
    /// Whether the object asks for the kernel's version or configuration (<c>.kconfig</c>), whose values only a load knows: they may keep
    /// it from what <see cref="FindReachedPoison"/> lists.
    /// </summary>
    public bool MayBeGuardedByConfiguration => _spec.Externs.Any(item => item.Kind == BpfExternKind.KernelConfig);

    /// <summary>
    /// Looks for the poisoned instructions that a program which is loaded automatically can reach, so that the verifier will reject it, by
    /// following constants: the answers of CO-RE guards, and constant variables (<c>.rodata</c>) with the values that they have
    /// then. Code that only <c>.kconfig</c> or a constant kept on the stack guards counts as reached.
    /// </summary>
    /// <seealso cref="MayBeGuardedByConfiguration"/>
    public IReadOnlyList<BpfRelocationFinding> FindReachedPoison() => PoisonSearch.Run(_spec, this, static _ => null);

    /// <summary>Whether the object will run on the target, as far as its relocations decide that.</summary>
    /// <remarks>Looks for reached poison; see <see cref="FindReachedPoison"/>.</remarks>
    public BpfRelocationVerdict Judge()
    {
        if (!Succeeded)
            return BpfRelocationVerdict.Fails;
        if (FindReachedPoison().Count > 0)
            return MayBeGuardedByConfiguration ? BpfRelocationVerdict.DependsOnConfiguration : BpfRelocationVerdict.ReachesMissing;
        return Functions.Any(function => function.Results.Any(IsMissing)) ? BpfRelocationVerdict.RunsWithoutMissing : BpfRelocationVerdict.Runs;
    }

    /// <summary>The relocated form of a function.</summary>
    public BpfRelocatedFunction this[BpfFunction function] => _byFunction[function];

    internal static BpfObjectRelocation Apply(BpfObjectSpec spec, CoreTarget? target, bool includeOptional)
    {
        var relocation = new BpfObjectRelocation(spec, target);
        if (!spec.HasCoreRelocations)
            return relocation;

        ArgumentNullException.ThrowIfNull(target);
        HashSet<BpfFunction> passedOver = includeOptional ? [] : [.. spec.Programs.Except(spec.ProgramsToLoad).Select(p => p.Function)];
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

    private static bool IsMissing(CoreRelocationResult result) => result.Outcome is CoreRelocationOutcome.Absent or CoreRelocationOutcome.Poisoned;

    private void Apply(CoreRelocator relocator, CoreRelocationRecord record, BpfFunction function, int instruction)
    {
        BpfRelocatedFunction relocated = _byFunction[function];
        CoreRelocationResult result = relocator.Relocate(record, relocated.Instructions, instruction);
        relocated.ResultList.Add(result);
        if (result.Outcome == CoreRelocationOutcome.Failed)
            Failure ??= new BpfRelocationFinding(relocated, result);
    }
}

/// <summary>A function after CO-RE relocation, and before maps, calls and variables are filled in.</summary>
public sealed class BpfRelocatedFunction
{
    internal BpfRelocatedFunction(BpfFunction function)
    {
        Function = function;
        Instructions = function.Instructions.ToArray();
    }

    /// <summary>The function as compiled.</summary>
    public BpfFunction Function { get; }

    /// <summary>The instructions with the relocations applied.</summary>
    public BpfInstruction[] Instructions { get; }

    /// <summary>What became of each relocation of the function, in the order of the object.</summary>
    public IReadOnlyList<CoreRelocationResult> Results => ResultList;

    internal List<CoreRelocationResult> ResultList { get; } = [];

    /// <summary>The instructions as the verifier prints them, with the lines of C that they come from and what CO-RE did to them.</summary>
    public string Disassemble() => new BpfDisassembler
    {
        SourceLineOf = instruction => Function.SourceLineOf(instruction) is { } line ? $"{line.Text} @ {line}" : null,
        Relocations = Results,
    }.Disassemble(Instructions);

    /// <summary>The result for an instruction, if it has one.</summary>
    public CoreRelocationResult? ResultAt(int instruction) => ResultList.Find(result => result.InstructionIndex == instruction);
}

/// <summary>CO-RE relocation of a whole object.</summary>
public static class BpfObjectRelocating
{
    /// <summary>Applies the object's CO-RE relocations, without loading anything and without changing the specification.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="target">The types to relocate against; may be <see langword="null"/> where the object has no relocations.</param>
    /// <param name="includeOptional">Whether to relocate programs that are not loaded automatically as well.</param>
    public static BpfObjectRelocation Relocate(this BpfObjectSpec spec, CoreTarget? target, bool includeOptional = true)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return BpfObjectRelocation.Apply(spec, target, includeOptional);
    }
}

/// <summary>A relocation of an object, with the function that holds its instruction.</summary>
/// <param name="Function">The function, relocated.</param>
/// <param name="Result">What was asked and decided.</param>
public sealed record BpfRelocationFinding(BpfRelocatedFunction Function, CoreRelocationResult Result);
