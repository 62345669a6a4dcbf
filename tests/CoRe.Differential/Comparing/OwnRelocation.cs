
namespace P3Ebpf.CoRe.Differential;

/// <summary>Our side.</summary>
internal sealed class OwnRelocation
{
    private readonly BpfObjectSpec? _spec;
    private readonly BpfObjectRelocation? _relocation;
    private readonly Dictionary<string, LinkedProgram> _programs = new(StringComparer.Ordinal);

    public OwnRelocation(string bpfObject, CoreTarget target)
    {
        try
        {
            _spec = BpfObjectSpec.Read(bpfObject);
            _relocation = _spec.Relocate(target);
            Outcome = _relocation.Failure is { } failure
                ? RelocatedObject.Refused((int)failure.Result.Error, failure.Result.ToString())
                : new RelocatedObject(0, string.Empty, Link(_spec, _relocation));
        }
        catch (Exception e) when (e is BpfObjectFormatException or ElfFormatException or BtfFormatException)
        {
            Outcome = RelocatedObject.Refused((int)CoreErrorCode.Einval, e.Message);
        }
    }

    public RelocatedObject Outcome { get; }

    /// <summary>The object's own types.</summary>
    public BtfSpec? LocalBtf => _spec?.Btf;

    /// <summary>All relocations, with the function that each is in; none if the object could not be read.</summary>
    public IEnumerable<(BpfRelocatedFunction Function, CoreRelocationResult Result)> Results =>
        _relocation is null ? [] : _relocation.Functions.SelectMany(f => f.Results.Select(r => (f, r)));

    /// <summary>Where the instructions are that CO-RE changes, in each program with the subprograms behind it, by the names of the programs.</summary>
    public IEnumerable<(string Program, int[] Instructions)> Relocated =>
        from program in _programs.OrderBy(each => each.Key, StringComparer.Ordinal)
        select (program.Key, program.Value.Functions.SelectMany(part => _relocation![part.Function].Results.Select(result => part.Start + result.InstructionIndex)).Distinct().Order().ToArray());

    /// <summary>The relocation at an instruction of a program or of the subprograms behind it, and its source line.</summary>
    public (CoreRelocationResult Result, BpfSourceLine? Line)? ResultAt(string program, int instruction)
    {
        foreach ((BpfFunction function, int start) in _programs[program].Functions)
        {
            int own = instruction - start;
            if (own >= 0 && own < function.Instructions.Length && _relocation![function].ResultAt(own) is { } result)
                return (result, function.SourceLineOf(own));
        }

        return null;
    }

    private Dictionary<string, string[]> Link(BpfObjectSpec spec, BpfObjectRelocation relocation)
    {
        var linker = new ProgramLinker(spec, relocation, new Dictionary<BpfMapSpec, int>(), new Dictionary<BpfExternSpec, ResolvedExtern>());
        foreach (BpfProgramSpec program in spec.Programs)
            _programs.Add(program.Name, linker.Link(program.Function));
        return _programs.ToDictionary(p => p.Key, p => p.Value.Instructions.Select(Hex).ToArray());
    }

    private static string Hex(BpfInstruction instruction)
    {
        Span<byte> bytes = stackalloc byte[BpfInstruction.Length];
        instruction.Write(bytes, littleEndian: true);
        return Convert.ToHexStringLower(bytes);
    }
}
