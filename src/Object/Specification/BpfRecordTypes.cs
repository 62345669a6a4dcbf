namespace P3Ebpf.Object;

/// <summary>What the records look like that programs send to user space through a ring or perf buffer. No map says it; instructions and types let one guess.</summary>
public static class BpfRecordTypes
{
    /// <summary>How far back of a call its arguments are looked for; compilers set them right before.</summary>
    private const int Window = 64;

    /// <summary>The sizes of the records that are sent through a map, as far as they are constant.</summary>
    /// <remarks>Looked at are calls of <c>bpf_ringbuf_reserve</c>, <c>bpf_ringbuf_output</c> and <c>bpf_perf_event_output</c>.</remarks>
    public static IReadOnlyCollection<int> SizesOf(BpfObjectSpec spec, BpfMapSpec map)
    {
        ArgumentNullException.ThrowIfNull(spec);
        SortedSet<int> sizes = [];
        foreach (BpfFunction function in spec.Functions)
        {
            ILookup<int, BpfMapSpec?> maps = function.Relocations.Where(each => each.Kind == BpfRelocationKind.Map).ToLookup(each => each.Instruction, each => each.Map);
            ReadOnlySpan<BpfInstruction> code = function.Instructions.Span;
            for (int i = 0; i < code.Length; i++)
            {
                if (ArgumentsOf(code[i]) is not var (mapRegister, sizeRegister))
                    continue;
                if (Writer(code, i, mapRegister) is int load && maps[load].FirstOrDefault() == map
                    && Writer(code, i, sizeRegister) is int set && code[set] is { IsLoadImmediate64: false, UsesSourceRegister: false, Immediate: > 0 } constant)
                {
                    _ = sizes.Add(constant.Immediate);
                }
            }
        }

        return sizes;
    }

    /// <summary>The types of the records that are sent through a map: that which the source names (<see cref="BpfMapSpec.BtfRecordTypeId"/>), and for each size the
    /// one struct that has it. The types of CO-RE relocations and of maps count only where there is no other.</summary>
    public static IReadOnlyList<BtfType> Guess(BpfObjectSpec spec, BpfMapSpec map)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Btf is not { } btf)
            return [];
        HashSet<uint> others = [.. spec.Maps.SelectMany(each => (uint[])[each.BtfKeyTypeId, each.BtfValueTypeId])];
        foreach (BtfExtSection<CoreRelocationRecord> section in spec.BtfExt?.CoreRelocations.Sections ?? [])
        {
            for (int i = 0; i < section.Count; i++)
                _ = others.Add(section[i].TypeId.Value);
        }

        List<BtfType> found = map.BtfRecordTypeId == 0 ? [] : [btf[new BtfTypeId(map.BtfRecordTypeId)]];
        foreach (int size in SizesOf(spec, map).Where(size => !found.Exists(type => type.Size == size)).ToArray())
        {
            List<BtfType> fitting = [];
            foreach (BtfType type in btf.OwnTypes)
            {
                if (type.Kind == BtfKind.Struct && type.Size == size && !type.Name.IsEmpty)
                    fitting.Add(type);
            }

            if (fitting.Count > 1)
                _ = fitting.RemoveAll(type => others.Contains(type.Id.Value));
            if (fitting.Count == 1)
                found.Add(fitting[0]);
        }

        return found;
    }

    private static (BpfRegister Map, BpfRegister Size)? ArgumentsOf(BpfInstruction instruction)
    {
        if (!instruction.IsCall || instruction.CallKind != BpfCallKind.Helper)
            return null;
        return (BpfHelper)instruction.Immediate switch
        {
            BpfHelper.RingbufReserve => (BpfRegister.R1, BpfRegister.R2),
            BpfHelper.RingbufOutput => (BpfRegister.R1, BpfRegister.R3),
            BpfHelper.PerfEventOutput => (BpfRegister.R2, BpfRegister.R5),
            _ => null,
        };
    }

    /// <summary>The instruction that gives a register the value that it has at another one, along the text and through copies.</summary>
    private static int? Writer(ReadOnlySpan<BpfInstruction> code, int at, BpfRegister register)
    {
        for (int i = at - 1; i >= Math.Max(0, at - Window); i--)
        {
            BpfInstruction instruction = code[i];
            if (instruction.IsCall && register <= BpfRegister.R5)
                return null;
            if (instruction.Class is not (BpfInstructionClass.Ld or BpfInstructionClass.Ldx or BpfInstructionClass.Alu or BpfInstructionClass.Alu64) || instruction.DestinationRegister != register)
                continue;
            // The second slot of a 64-bit load has code 0, and the destination register 0.
            if (instruction.Code == 0)
                continue;
            bool isMove = instruction.Class is BpfInstructionClass.Alu or BpfInstructionClass.Alu64 && instruction.AluOperation == BpfAluOperation.Mov;
            if (isMove && instruction.UsesSourceRegister)
                register = instruction.SourceRegister;
            else
                return isMove || instruction.IsLoadImmediate64 ? i : null;
        }

        return null;
    }
}
