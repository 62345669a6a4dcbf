using P3Ebpf.Btf;
using P3Ebpf.Elf;
using P3Ebpf.Loader;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Our side.</summary>
internal sealed class OwnRelocation
{
    private readonly BpfObjectSpec? _spec;
    private readonly BpfObjectRelocation? _relocation;

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

    private static Dictionary<string, string[]> Link(BpfObjectSpec spec, BpfObjectRelocation relocation)
    {
        var linker = new ProgramLinker(spec, relocation, new Dictionary<BpfMapSpec, BpfMap>(), new Dictionary<BpfExternSpec, ResolvedExtern>());
        return spec.Programs.ToDictionary(p => p.Name, p => linker.Link(p.Function).Instructions.Select(Hex).ToArray());
    }

    private static string Hex(BpfInstruction instruction)
    {
        Span<byte> bytes = stackalloc byte[BpfInstruction.Length];
        instruction.Write(bytes, littleEndian: true);
        return Convert.ToHexStringLower(bytes);
    }
}
