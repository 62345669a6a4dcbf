using P3Ebpf.Btf;

namespace P3Ebpf.CoRe.Tests;

/// <summary>A relocation of the first of some instructions, which it changes.</summary>
internal sealed record TestRelocation(uint Root, string Access, CoreRelocationKind Kind, params BpfInstruction[] Instructions)
{
    public static BpfInstruction Move(long immediate) => BpfInstruction.MovImmediate(BpfRegister.R0, (int)immediate);

    public static BpfInstruction Load(BpfAccessSize size, short offset) =>
        BpfInstruction.LoadMemory(size, BpfRegister.R1, BpfRegister.R2, offset);

    public static BpfInstruction[] LoadImmediate64(ulong value) => BpfInstruction.Load64(BpfRegister.R3, value);

    /// <summary>Applies relocations of one object in order, by one relocator.</summary>
    public static CoreRelocationResult[] Apply(TestBtf local, CoreTarget target, params TestRelocation[] relocations)
    {
        CoreRelocationRecord[] records =
            [.. relocations.Select(relocation => new CoreRelocationRecord(0, new BtfTypeId(relocation.Root), local.String(relocation.Access), relocation.Kind))];
        var relocator = new CoreRelocator(local.Build(), target);
        return [.. relocations.Select((relocation, i) => relocator.Relocate(records[i], relocation.Instructions, 0))];
    }

    public static CoreRelocationResult[] Apply(TestBtf local, TestBtf target, params TestRelocation[] relocations) =>
        Apply(local, new CoreTarget(target.Build("target")), relocations);

    /// <summary>Applies one relocation to a move of the value that the local types give.</summary>
    public static CoreRelocationResult Ask(TestBtf local, TestBtf target, uint root, string access, CoreRelocationKind kind, long original) =>
        Apply(local, target, new TestRelocation(root, access, kind, Move(original)))[0];
}
