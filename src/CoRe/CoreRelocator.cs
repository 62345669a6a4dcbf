using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>
/// Applies the CO-RE relocations of one object against one target, as libbpf's <c>bpf_object__relocate_core</c> does, and with equal results. Not
/// safe for concurrent use.
/// </summary>
/// <remarks>
/// Relocations must be applied in the order of the object's sections and records, each exactly once: which candidates later
/// relocations consider depends on the earlier ones. Shifts of bitfields follow the byte order of the object's BTF.
/// <para>
/// The kernel can relocate too (<c>core_relos</c> of BPF_PROG_LOAD, kernel/bpf/btf.c) and differs: it takes no ENUM for an ENUM64 or the
/// other way round, compares types only 2 levels deep instead of 32, and does not let one relocation narrow the candidates of the
/// next. Here libbpf's rules hold.
/// </para>
/// </remarks>
public sealed class CoreRelocator
{
    private readonly CoreResolver _resolver;
    private readonly List<CoreRelocationResult> _results = [];

    /// <summary>Starts on an object.</summary>
    /// <param name="local">The object's BTF; read it with a pointer size of 8, as BPF has.</param>
    /// <param name="target">What to relocate against.</param>
    public CoreRelocator(BtfSpec local, CoreTarget target)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(target);
        Local = local;
        Target = target;
        Suggestions = new CoreSuggestions(target);
        _resolver = new CoreResolver(local, target);
    }

    /// <summary>The object's BTF.</summary>
    public BtfSpec Local { get; }

    /// <summary>What is relocated against.</summary>
    public CoreTarget Target { get; }

    /// <summary>Advice for all of its relocations.</summary>
    internal CoreSuggestions Suggestions { get; }

    /// <summary>All results so far.</summary>
    public CoreRelocationReport Report => new([.. _results], Target.Warnings);

    /// <summary>Resolves one relocation and patches its instruction. Never throws for a relocation that fails.</summary>
    /// <param name="record">The relocation, from the object's .BTF.ext.</param>
    /// <param name="instructions">The function that holds the instruction.</param>
    /// <param name="index">The slot in <paramref name="instructions"/>. The record's own offset counts from the start of the section; it must be a multiple of 8.</param>
    public CoreRelocationResult Relocate(in CoreRelocationRecord record, Span<BpfInstruction> instructions, int index)
    {
        CoreRelocationResult result = Run(record, instructions, index);
        _results.Add(result);
        return result;
    }

    private CoreRelocationResult Run(in CoreRelocationRecord record, Span<BpfInstruction> instructions, int index)
    {
        CoreTrace trace = default;
        try
        {
            if (record.InstructionOffset % BpfInstruction.Length != 0)
                throw new CoreFailedException(CoreErrorCode.Einval, $"the relocation's offset {record.InstructionOffset} lies within an instruction");
            if ((uint)index >= (uint)instructions.Length)
                throw new CoreFailedException(CoreErrorCode.Einval, $"instruction {index} lies outside the function's {instructions.Length}");
            CoreDecision decision = _resolver.Resolve(record, ref trace);
            bool isPatched = CorePatcher.Patch(instructions, index, decision);
            return new CoreRelocationResult(this, record, trace, index, decision, isPatched);
        }
        catch (CoreFailedException e)
        {
            return new CoreRelocationResult(this, record, trace, index, e.Code, e.Message);
        }
        catch (BtfFormatException e)
        {
            return new CoreRelocationResult(this, record, trace, index, CoreErrorCode.Einval, e.Message);
        }
    }
}
