
namespace P3Ebpf.Cli.RunningKernel;

/// <summary>What is in the kernel, and what keeps it there.</summary>
internal sealed class KernelInventory
{
    private readonly ILookup<(BpfObjectKind, uint), BpfReference> _references = BpfReference.FindAll().Where(each => each.ProcessId != Environment.ProcessId).ToLookup(each => (each.Kind, each.Id));
    private readonly Lazy<IReadOnlyList<BpfLinkInfo>> _links = new(BpfLink.List);
    private readonly Lazy<IReadOnlyList<BpfMapInfo>> _maps = new(BpfMap.List);
    private readonly Lazy<IReadOnlyList<BpfProgramInfo>> _programs = new(BpfProgram.List);

    public IReadOnlyList<ListedProgram> Programs() =>
    [
        .. _programs.Value.Select(program => new ListedProgram(
            program.Id, Words.Of(program.Type), program.Name, program.Tag, program.UserId, program.LoadTime.TotalSeconds, program.XlatedLength, program.JitedLength, (long)program.RunTime.TotalNanoseconds, program.RunCount,
            program.MapIds, program.BtfId, [.. _links.Value.Where(link => link.ProgramId == program.Id && link.ProgramId != 0).Select(Link)],
            Holders(BpfObjectKind.Program, program.Id), Pins(BpfObjectKind.Program, program.Id))),
    ];

    public IReadOnlyList<ListedMap> Maps() =>
    [
        .. _maps.Value.Select(map => new ListedMap(
            map.Id, Words.Of(map.Type), map.Name, map.KeySize, map.ValueSize, map.MaxEntries, (uint)map.Flags, map.BtfId,
            [.. _programs.Value.Where(program => program.MapIds.Contains(map.Id)).Select(program => program.Id)],
            Holders(BpfObjectKind.Map, map.Id), Pins(BpfObjectKind.Map, map.Id))),
    ];

    public IReadOnlyList<ListedLink> Links() =>
        [.. _links.Value.Select(link => Link(link) with { HeldBy = Holders(BpfObjectKind.Link, link.Id), Pins = Pins(BpfObjectKind.Link, link.Id) })];

    public IReadOnlyList<ListedBtf> Btf() =>
        [.. BtfObject.List().Select(btf => new ListedBtf(btf.Id, btf.Name, btf.IsKernel, btf.Size, Holders(BpfObjectKind.Btf, btf.Id)))];

    public IReadOnlyList<ListedStructOps> StructOps() => [.. _maps.Value.Where(map => map.Type == BpfMapType.StructOps).Select(StructOps)];

    private ListedStructOps StructOps(BpfMapInfo map)
    {
        const string Prefix = "bpf_struct_ops_";
        string type = string.Empty;
        try
        {
            if (Kernel.Running.Types.TryGetType(new BtfTypeId(map.BtfVmlinuxValueTypeId), out BtfType found))
                type = found.Name.ToString();
        }
        catch (BpfException)
        {
            // A kernel without BTF has no struct_ops either, but modules may.
        }

        return new(
            map.Id, map.Name, type.StartsWith(Prefix, StringComparison.Ordinal) ? type[Prefix.Length..] : type, State(map.Id),
            _links.Value.FirstOrDefault(link => link.Type == BpfLinkType.StructOps && link.MapId == map.Id)?.Id, Holders(BpfObjectKind.Map, map.Id), Pins(BpfObjectKind.Map, map.Id));
    }

    /// <summary>The value begins with how many use it and its state (<c>struct bpf_struct_ops_common_value</c>, <c>enum bpf_struct_ops_state</c>).</summary>
    private static string State(uint id)
    {
        try
        {
            using BpfMap map = BpfMap.FromId(id);
            byte[] value = new byte[map.EntryValueSize];
            if (value.Length < 8 || !map.TryLookup(new byte[sizeof(uint)], value))
                return "unknown";
            return BitConverter.ToUInt32(value, sizeof(uint)) switch { 0 => "init", 1 => "in_use", 2 => "to_be_freed", 3 => "ready", _ => "unknown" };
        }
        catch (BpfException)
        {
            return "unknown";
        }
    }

    private static ListedLink Link(BpfLinkInfo link) => new(
        link.Id, Words.Of(link.Type), link.ProgramId == 0 ? null : link.ProgramId, link.MapId == 0 ? null : link.MapId, link.AttachType is { } type ? Words.Of(type) : null, link.Place, [], []);

    private IReadOnlyList<Holder> Holders(BpfObjectKind kind, uint id) =>
        [.. _references[(kind, id)].Where(each => each.PinPath is null).Select(each => new Holder(each.ProcessId, each.Command))];

    private IReadOnlyList<string> Pins(BpfObjectKind kind, uint id) => [.. _references[(kind, id)].Select(each => each.PinPath).OfType<string>()];
}

/// <param name="Pid">The process that holds a descriptor.</param>
/// <param name="Command">What it is called.</param>
internal sealed record Holder(int Pid, string Command);

/// <summary>A program in the kernel.</summary>
internal sealed record ListedProgram(
    uint Id, string Type, string Name, string Tag, uint UserId, double LoadedAtSeconds, int XlatedBytes, int JitedBytes, long RunTimeNs, ulong RunCount,
    IReadOnlyList<uint> MapIds, uint BtfId, IReadOnlyList<ListedLink> Links, IReadOnlyList<Holder> HeldBy, IReadOnlyList<string> Pins);

/// <summary>A map in the kernel.</summary>
internal sealed record ListedMap(
    uint Id, string Type, string Name, int KeySize, int ValueSize, uint MaxEntries, uint Flags, uint BtfId, IReadOnlyList<uint> ProgramIds, IReadOnlyList<Holder> HeldBy, IReadOnlyList<string> Pins);

/// <summary>A link in the kernel.</summary>
internal sealed record ListedLink(
    uint Id, string Type, uint? ProgramId, uint? MapId, string? AttachType, string Place, IReadOnlyList<Holder> HeldBy, IReadOnlyList<string> Pins);

/// <summary>BTF in the kernel.</summary>
internal sealed record ListedBtf(uint Id, string Name, bool Kernel, int Bytes, IReadOnlyList<Holder> HeldBy);

/// <summary>A struct_ops map in the kernel.</summary>
internal sealed record ListedStructOps(uint MapId, string Name, string Type, string State, uint? LinkId, IReadOnlyList<Holder> HeldBy, IReadOnlyList<string> Pins);
