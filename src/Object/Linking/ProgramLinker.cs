using P3Ebpf.Object.Relocation;
using System.Runtime.InteropServices;

namespace P3Ebpf.Object.Linking;

/// <summary>Appends to a program the subprograms that it reaches, and fills in calls, maps, variables and externs.</summary>
internal sealed class ProgramLinker
{
    private readonly BpfObjectSpec _spec;
    private readonly BpfObjectRelocation _relocation;
    private readonly IReadOnlyDictionary<BpfMapSpec, int> _maps;
    private readonly IReadOnlyDictionary<BpfExternSpec, ResolvedExtern> _externs;
    private readonly long _arenaGlobals;
    private readonly BpfCalls _calls;
    private readonly Dictionary<string, string> _exceptionCallbacks;

    /// <param name="spec">The object.</param>
    /// <param name="relocation">Its instructions after CO-RE.</param>
    /// <param name="maps">The descriptors of the maps that were created; what is not among them is poisoned.</param>
    /// <param name="externs">What the kernel has for the externs.</param>
    /// <param name="arenaGlobals">Where in the arena its global variables begin.</param>
    public ProgramLinker(
        BpfObjectSpec spec,
        BpfObjectRelocation relocation,
        IReadOnlyDictionary<BpfMapSpec, int> maps,
        IReadOnlyDictionary<BpfExternSpec, ResolvedExtern> externs,
        long arenaGlobals = 0)
    {
        _spec = spec;
        _relocation = relocation;
        _maps = maps;
        _externs = externs;
        _arenaGlobals = arenaGlobals;
        _calls = new BpfCalls(spec);
        _exceptionCallbacks = ExceptionCallbacks(spec.Btf);
    }

    /// <summary>Links one program.</summary>
    /// <exception cref="BpfObjectFormatException">A call leads nowhere.</exception>
    public LinkedProgram Link(BpfFunction main)
    {
        var code = new List<BpfInstruction>();
        var starts = new Dictionary<BpfFunction, int>();
        var order = new List<(BpfFunction, int)>();

        // Depth first, each function where it is first called: the order of libbpf. A stack of our own, since objects may be hostile.
        var pending = new Stack<(BpfFunction Function, int Next)>();
        Append(main);
        AppendCallees();
        if (ExceptionCallbackOf(main) is { } callback && !starts.ContainsKey(callback))
        {
            Append(callback);
            AppendCallees();
        }

        BpfInstruction[] instructions = [.. code];
        foreach ((BpfFunction function, int start) in order)
            FillIn(function, instructions.AsSpan(start, function.Instructions.Length));
        (byte[] funcInfo, int funcLength) = FuncInfo(order);
        (byte[] lineInfo, int lineLength) = LineInfo(order);
        return new LinkedProgram
        {
            Instructions = instructions,
            Functions = order,
            JumpTables = JumpTables(order),
            FuncInfo = funcInfo,
            FuncInfoRecordLength = funcLength,
            LineInfo = lineInfo,
            LineInfoRecordLength = lineLength,
        };

        void AppendCallees()
        {
            while (pending.TryPop(out (BpfFunction Function, int Next) at))
            {
                for (int i = at.Next; i < at.Function.Instructions.Length; i++)
                {
                    if (CalleeOf(at.Function, i) is not { } callee)
                        continue;
                    if (!starts.ContainsKey(callee))
                    {
                        // Again from this instruction once the callee and what it calls are in place.
                        pending.Push((at.Function, i));
                        Append(callee);
                        break;
                    }

                    int position = starts[at.Function] + i;
                    code[position] = code[position] with { Immediate = starts[callee] - position - 1 };
                }
            }
        }

        void Append(BpfFunction function)
        {
            starts.Add(function, code.Count);
            order.Add((function, code.Count));
            code.AddRange(_relocation[function].Instructions);
            pending.Push((function, 0));
        }
    }

    /// <summary>Which program names which function as its handler of exceptions; only a declaration tag says it, no instruction.</summary>
    private static Dictionary<string, string> ExceptionCallbacks(BtfSpec? btf)
    {
        const string Tag = "exception_callback:";
        Dictionary<string, string> callbacks = new(StringComparer.Ordinal);
        if (btf is null)
            return callbacks;
        foreach (BtfType tag in btf.OwnTypes)
        {
            if (tag.Kind == BtfKind.DeclTag && tag.ComponentIndex == -1 && tag.Target.Kind == BtfKind.Func && tag.Name.ToString() is { } text
                && text.StartsWith(Tag, StringComparison.Ordinal))
            {
                callbacks[tag.Target.Name.ToString()] = text[Tag.Length..];
            }
        }

        return callbacks;
    }

    private BpfFunction? ExceptionCallbackOf(BpfFunction main)
    {
        if (!_exceptionCallbacks.TryGetValue(main.Name, out string? name))
            return null;
        return _calls.Subprograms.FirstOrDefault(f => f.Name == name)
            ?? throw new BpfObjectFormatException($"'{main.Name}' names '{name}' as its exception callback, which is no function of .text", _spec.Path ?? _spec.Name, main.SectionName);
    }

    /// <summary>The function that an instruction calls, or whose address it loads.</summary>
    private BpfFunction? CalleeOf(BpfFunction function, int index)
    {
        if (!_calls.IsCall(function, index, out long target, out BpfFunction? callee))
            return null;
        return callee ?? throw new BpfObjectFormatException(
            $"'{function.Name}' calls instruction {target} of .text, where no function begins", _spec.Path ?? _spec.Name, function.SectionName,
            (function.SectionOffset + (long)index) * BpfInstruction.Length);
    }

    private void FillIn(BpfFunction function, Span<BpfInstruction> code)
    {
        foreach (BpfRelocation relocation in _calls.RelocationsOf(function).Values)
        {
            int i = relocation.Instruction;
            bool hasSecond = i + 1 < code.Length;
            if (relocation.Kind is not (BpfRelocationKind.Call or BpfRelocationKind.ExternCall) && !hasSecond)
            {
                throw new BpfObjectFormatException(
                    "a 64-bit load lacks its second half", _spec.Path ?? _spec.Name, function.SectionName, (function.SectionOffset + (long)i) * BpfInstruction.Length);
            }

            switch (relocation.Kind)
            {
                case BpfRelocationKind.SubprogramAddress:
                    code[i] = code[i] with { LoadKind = BpfLoadKind.Function };
                    break;
                case BpfRelocationKind.Map when _maps.TryGetValue(relocation.Map!, out int map):
                    code[i] = code[i] with { LoadKind = BpfLoadKind.MapFd, Immediate = map };
                    break;
                case BpfRelocationKind.Data when _maps.TryGetValue(relocation.Map!, out int data):
                    FillInVariable(code, i, data, code[i].Immediate + relocation.SymbolOffset);
                    break;
                case BpfRelocationKind.ArenaData when _maps.TryGetValue(relocation.Map!, out int arena):
                    FillInVariable(code, i, arena, code[i].Immediate + relocation.SymbolOffset + _arenaGlobals);
                    break;
                case BpfRelocationKind.Map or BpfRelocationKind.Data or BpfRelocationKind.ArenaData:
                    Poison(code, i, relocation.Map!);
                    break;
                case BpfRelocationKind.ExternLoad:
                    FillInExtern(code, i, relocation.Extern!);
                    break;
                case BpfRelocationKind.ExternCall when _externs.TryGetValue(relocation.Extern!, out ResolvedExtern? kernelFunction):
                    code[i] = code[i] with
                    {
                        CallKind = BpfCallKind.KernelFunction,
                        Immediate = (int)kernelFunction.BtfTypeId,
                        Offset = kernelFunction.FdIndex,
                    };
                    break;
                case BpfRelocationKind.ExternCall:
                    code[i] = PoisonedInstruction.Call(PoisonedInstruction.KernelFunctionBase + IndexOf(_spec.Externs, relocation.Extern!));
                    break;
            }
        }
    }

    private void FillInExtern(Span<BpfInstruction> code, int i, BpfExternSpec item)
    {
        if (item.Kind == BpfExternKind.KernelConfig)
        {
            BpfMapSpec config = _spec.Maps[BpfObjectSections.KernelConfig];
            if (_maps.TryGetValue(config, out int map))
                FillInVariable(code, i, map, item.ConfigOffset);
            else
                Poison(code, i, config);
            return;
        }

        ResolvedExtern found = _externs.GetValueOrDefault(item) ?? new ResolvedExtern();
        bool typed = found.BtfTypeId != 0;
        code[i] = code[i] with
        {
            LoadKind = typed ? BpfLoadKind.BtfId : BpfLoadKind.Immediate,
            Immediate = typed ? (int)found.BtfTypeId : (int)found.Address,
        };
        code[i + 1] = code[i + 1] with { Immediate = typed ? found.ModuleDescriptor : (int)(found.Address >> 32) };
    }

    private void Poison(Span<BpfInstruction> code, int i, BpfMapSpec map) =>
        code[i] = code[i + 1] = PoisonedInstruction.Call(PoisonedInstruction.MapBase + IndexOf(_spec.Maps, map));

    private static void FillInVariable(Span<BpfInstruction> code, int i, int map, long offset)
    {
        code[i] = code[i] with { LoadKind = BpfLoadKind.MapValue, Immediate = map };
        code[i + 1] = code[i + 1] with { Immediate = unchecked((int)offset) }; // the verifier checks it against the value's size
    }

    private static int IndexOf<T>(IReadOnlyList<T> items, T item)
        where T : class
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (ReferenceEquals(items[i], item))
                return i;
        }

        return -1;
    }

    /// <summary>The jump tables of all functions, each once.</summary>
    private List<LinkedJumpTable> JumpTables(IReadOnlyList<(BpfFunction Function, int Start)> functions)
    {
        var tables = new List<LinkedJumpTable>();
        foreach ((BpfFunction function, int start) in functions)
        {
            var known = new Dictionary<(long, int), LinkedJumpTable>();
            foreach (BpfRelocation relocation in _calls.RelocationsOf(function).Values.Where(relocation => relocation.Kind == BpfRelocationKind.JumpTable).OrderBy(relocation => relocation.Instruction))
            {
                (long, int) place = (relocation.SymbolOffset, relocation.Targets!.Length);
                if (!known.TryGetValue(place, out LinkedJumpTable? table))
                {
                    known.Add(place, table = new LinkedJumpTable([.. relocation.Targets.Select(target => start + target)]));
                    tables.Add(table);
                }

                table.Loads.Add(start + relocation.Instruction);
            }
        }

        return tables;
    }

    /// <summary>The kernel wants a record for every function or for none.</summary>
    private (byte[] Records, int Length) FuncInfo(IReadOnlyList<(BpfFunction Function, int Start)> functions)
    {
        if (_spec.BtfExt is not { } ext || ext.FuncInfo.RecordLength == 0)
            return ([], 0);
        var bytes = new MemoryStream();
        foreach ((BpfFunction function, int start) in functions)
        {
            if (Rebase(bytes, ext.FuncInfo, function, start) != 1)
                return ([], 0);
        }

        return (bytes.ToArray(), ext.FuncInfo.RecordLength);
    }

    private (byte[] Records, int Length) LineInfo(IReadOnlyList<(BpfFunction Function, int Start)> functions)
    {
        if (_spec.BtfExt is not { } ext || ext.LineInfo.RecordLength == 0)
            return ([], 0);
        var bytes = new MemoryStream();
        foreach ((BpfFunction function, int start) in functions)
        {
            if (Rebase(bytes, ext.LineInfo, function, start) == 0)
                return ([], 0);
        }

        return (bytes.ToArray(), ext.LineInfo.RecordLength);
    }

    /// <summary>Copies the records of one function; the file counts bytes of a section, the kernel instructions of a program.</summary>
    private static int Rebase<TRecord>(MemoryStream bytes, BtfExtTable<TRecord> table, BpfFunction function, int start)
        where TRecord : unmanaged
    {
        int copied = 0;
        byte[] record = new byte[table.RecordLength];
        foreach (BtfExtSection<TRecord> section in table.Sections)
        {
            if (section.SectionName.ToString() != function.SectionName)
                continue;
            for (int i = 0; i < section.Count; i++)
            {
                int instruction = (int)(MemoryMarshal.Read<uint>(section.RecordBytes(i)) / BpfInstruction.Length);
                if (!function.Contains(instruction))
                    continue;
                section.RecordBytes(i).CopyTo(record);
                MemoryMarshal.Write(record, (uint)(instruction - function.SectionOffset + start));
                bytes.Write(record, 0, record.Length);
                copied++;
            }
        }

        return copied;
    }
}
