namespace P3Ebpf.Object.Tests;

/// <summary>Objects that no compiler wrote: put together of what a test needs.</summary>
internal static class OwnObject
{
    public static BpfObjectSpec Of(BtfSpec? btf = null, BtfExt? ext = null, BpfFunction[]? functions = null, BpfMapSpec[]? maps = null, BpfExternSpec[]? externs = null, string? producer = null, string license = "GPL") => new()
    {
        Name = "own",
        ByteOrder = ElfByteOrder.LittleEndian,
        License = license,
        Producer = producer,
        Btf = btf,
        BtfExt = ext,
        FunctionTable = new BpfFunctionTable(functions ?? []),
        Programs = new("program", (functions ?? []).Where(each => !each.IsSubprogram).Select(each => new BpfProgramSpec(each, each.SectionName, optional: false)), each => each.Name),
        Maps = new("map", maps ?? [], each => each.Name),
        Variables = new("variable", [], each => each.Name),
        Externs = externs ?? [],
    };

    /// <summary>A function at an instruction of a section, with what its instructions refer to.</summary>
    public static BpfFunction Code(string name, string section, int offset, BpfInstruction[] code, params BpfRelocation[] relocations)
    {
        var function = new BpfFunction(name, section, section == ".text" ? 1 : 2, offset, code, btf: null);
        function.Relocations.AddRange(relocations);
        return function;
    }
}
