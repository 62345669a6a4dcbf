using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;
using static P3Ebpf.Object.Tests.OwnObject;

namespace P3Ebpf.Object.Tests;

public sealed class ProgramLinkerTests
{
    private static readonly BpfMapSpec First = new("first"), Second = new("second"), Configuration = new(".kconfig");

    private static readonly BpfExternSpec Option = new("CONFIG_HZ", BpfExternKind.KernelConfig, 0, isWeak: false) { ConfigOffset = 20 };
    private static readonly BpfExternSpec Symbol = new("_stext", BpfExternKind.SymbolAddress, 0, isWeak: false);
    private static readonly BpfExternSpec Variable = new("runqueues", BpfExternKind.KernelVariable, 0, isWeak: false);
    private static readonly BpfExternSpec Function = new("bpf_task_acquire", BpfExternKind.KernelFunction, 0, isWeak: true);

    private static BpfObjectSpec Spec(BtfSpec? btf, BtfExt? ext, params BpfFunction[] functions) =>
        OwnObject.Of(btf, ext, functions, [First, Second, Configuration], [Option, Symbol, Variable, Function]);

    private static LinkedProgram Link(
        BpfObjectSpec spec, Dictionary<BpfMapSpec, int>? maps = null, Dictionary<BpfExternSpec, ResolvedExtern>? externs = null, long arenaGlobals = 0) =>
        new ProgramLinker(spec, spec.Relocate(target: null), maps ?? [], externs ?? [], arenaGlobals).Link(spec.Programs[0].Function);

    /// <summary>The program of one 64-bit load, which refers to something.</summary>
    private static LinkedProgram Load(ulong value, BpfRelocation relocation, Dictionary<BpfMapSpec, int>? maps = null, Dictionary<BpfExternSpec, ResolvedExtern>? externs = null, long arenaGlobals = 0) =>
        Link(Spec(null, null, Code("main", "socket", 0, [.. Load64(R1, value), Exit()], relocation)), maps, externs, arenaGlobals);

    private static string Word(LinkedProgram program) =>
        $"{program.Instructions[0].LoadKind} {program.Instructions[0].Immediate} {program.Instructions[1].Immediate}";

    private static int Poison(LinkedProgram program, int index)
    {
        program.Instructions[index].Should().Match<BpfInstruction>(call => call.IsCall && call.CallKind == BpfCallKind.Helper);
        return program.Instructions[index].Immediate;
    }

    [Fact]
    public void A_load_gets_the_map_the_variable_or_the_symbol_that_it_means()
    {
        Dictionary<BpfMapSpec, int> maps = new() { [First] = 7, [Second] = 8, [Configuration] = 9 };

        Word(Load(0, new(0, BpfRelocationKind.Map, Map: Second), maps)).Should().Be("MapFd 8 0");
        Word(Load(3, new(0, BpfRelocationKind.Data, 100, First), maps)).Should().Be("MapValue 7 103");
        Word(Load(3, new(0, BpfRelocationKind.ArenaData, 100, First), maps, arenaGlobals: 4096)).Should().Be("MapValue 7 4199");
        Word(Load(0, new(0, BpfRelocationKind.ExternLoad, Extern: Option), maps)).Should().Be("MapValue 9 20");
        Word(Load(0, new(0, BpfRelocationKind.ExternLoad, Extern: Symbol), externs: new() { [Symbol] = new(Address: 0xFFFF_8000_1234_5678) })).Should().Be($"Immediate {0x1234_5678} {unchecked((int)0xFFFF_8000)}");
        Word(Load(0, new(0, BpfRelocationKind.ExternLoad, Extern: Variable), externs: new() { [Variable] = new(BtfTypeId: 77, ModuleDescriptor: 5) })).Should().Be("BtfId 77 5");
        Word(Load(1, new(0, BpfRelocationKind.ExternLoad, Extern: Variable))).Should().Be("Immediate 0 0", "what is weak and missing is at no address");
    }

    [Fact]
    public void Maps_that_are_not_created_are_poison_by_their_number()
    {
        foreach (BpfRelocationKind kind in new[] { BpfRelocationKind.Map, BpfRelocationKind.Data, BpfRelocationKind.ArenaData })
        {
            LinkedProgram program = Load(0, new(0, kind, Map: Second));
            (Poison(program, 0), Poison(program, 1)).Should().Be((PoisonedInstruction.MapBase + 1, PoisonedInstruction.MapBase + 1));
        }

        Poison(Load(0, new(0, BpfRelocationKind.ExternLoad, Extern: Option)), 0).Should().Be(PoisonedInstruction.MapBase + 2, "the configuration is in a map too");
    }

    [Fact]
    public void A_call_of_the_kernel_is_that_of_its_function_or_poison()
    {
        BpfObjectSpec spec = Spec(null, null, Code("main", "socket", 0, [CallKernelFunction(default), Exit()], new BpfRelocation(0, BpfRelocationKind.ExternCall, Extern: Function)));

        Link(spec, externs: new() { [Function] = new(BtfTypeId: 78, FdIndex: 3) }).Instructions[0]
            .Should().Match<BpfInstruction>(call => call.IsCall && call.CallKind == BpfCallKind.KernelFunction && call.Immediate == 78 && call.Offset == 3);
        Poison(Link(spec), 0).Should().Be(PoisonedInstruction.KernelFunctionBase + 3);
    }

    [Fact]
    public void A_call_to_where_no_function_begins_is_refused_with_its_place()
    {
        BpfFunction main = Code("main", "socket", 4, [Exit(), CallSubprogram(1), Exit()], new BpfRelocation(1, BpfRelocationKind.Call, SymbolOffset: 16));
        BpfFunction callee = Code("callee", ".text", 3, [Exit()]);

        BpfObjectFormatException refusal = FluentActions.Invoking(() => Link(Spec(null, null, main, callee))).Should().Throw<BpfObjectFormatException>()
            .WithMessage("own: *'main' calls instruction 4 of .text, where no function begins").Which;

        (refusal.Section, refusal.Offset, refusal.File).Should().Be(("socket", 40L, "own"));
        main.Relocations[0] = main.Relocations[0] with { SymbolOffset = 8 };
        Link(Spec(null, null, main, callee)).Functions.Should().HaveCount(2);
    }

    [Fact]
    public void Calls_within_text_need_no_relocation()
    {
        BpfFunction main = Code("main", "socket", 0, [CallSubprogram(-1), Exit()], new BpfRelocation(0, BpfRelocationKind.Call, SymbolOffset: 16));
        BpfFunction last = Code("last", ".text", 0, [Exit(), Exit()]), first = Code("first", ".text", 2, [MovImmediate(R0, 0), CallSubprogram(-4), Exit()]);

        LinkedProgram linked = Link(Spec(null, null, main, last, first));

        linked.Functions.Select(each => each.Function.Name).Should().Equal("main", "first", "last");
        (linked.Instructions[0].Immediate, linked.Instructions[3].Immediate).Should().Be((1, 1));
        FluentActions.Invoking(() => Link(Spec(null, null, Code("main", "socket", 0, [Exit(), CallSubprogram(-1), Exit()]), last))).Should().Throw<BpfObjectFormatException>()
            .WithMessage("*'main' calls instruction 1 of .text, where no function begins", "outside of .text only a relocation says what is called");
    }

    [Fact]
    public void What_an_exception_callback_calls_comes_along_too()
    {
        var types = new BtfBuilder();
        _ = types.AddDeclTag("exception_callback:callback", types.AddFunc("main", types.AddFuncProto(types.AddInt("int", 4)), BtfLinkage.Global));
        BpfFunction main = Code("main", "tc", 0, [Exit()]), callback = Code("callback", ".text", 0, [CallSubprogram(1), Exit()]), last = Code("last", ".text", 2, [Exit()]);

        LinkedProgram linked = Link(Spec(types.ToSpec(), null, main, callback, last));

        linked.Functions.Select(each => $"{each.Function.Name} {each.Start}").Should().Equal("main 0", "callback 1", "last 3");
        linked.Instructions[1].Immediate.Should().Be(1);
        linked.OriginOf(0).Should().Be((main, 0));
        linked.OriginOf(1).Should().Be((callback, 0));
        linked.OriginOf(2).Should().Be((callback, 1));
        linked.OriginOf(3).Should().Be((last, 0));
    }

    [Fact]
    public void A_load_without_its_second_half_is_refused_with_its_place()
    {
        BpfFunction main = Code("main", "socket", 1, [Exit(), Load64(R1, 0)[0]], new BpfRelocation(1, BpfRelocationKind.Map, Map: First));

        BpfObjectFormatException refusal = FluentActions.Invoking(() => Link(Spec(null, null, main))).Should().Throw<BpfObjectFormatException>()
            .WithMessage("*a 64-bit load lacks its second half").Which;

        (refusal.Section, refusal.Offset, refusal.File).Should().Be(("socket", 16L, "own"));
    }

    [Theory]
    [InlineData("exception_callback:on_exception", -1, true)]
    [InlineData("exception_callback:on_exception", 0, false)]
    [InlineData("other:on_exception", -1, false)]
    public void Only_the_tag_of_a_function_names_its_exception_callback(string tag, int component, bool isCallback)
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("int", 4);
        BtfTypeId prototype = types.AddFuncProto(number, new BtfParameter("a", number));
        _ = types.AddDeclTag(tag, types.AddFunc("main", prototype, BtfLinkage.Global), component);
        _ = types.AddDeclTag("exception_callback:main", types.AddTypedef("main", number));
        BpfFunction main = Code("main", "tc", 0, [Exit()]), callback = Code("on_exception", ".text", 0, [Exit()]), other = Code("other", ".text", 1, [Exit()]);

        Link(Spec(types.ToSpec(), null, main, callback, other)).Functions.Select(each => each.Function.Name).Should().Equal(isCallback ? ["main", "on_exception"] : ["main"]);
        if (isCallback)
        {
            FluentActions.Invoking(() => Link(Spec(types.ToSpec(), null, main, other))).Should().Throw<BpfObjectFormatException>()
                .WithMessage("own: section tc: 'main' names 'on_exception' as its exception callback, which is no function of .text").Which.File.Should().Be("own");
        }
    }

    [Fact]
    public void A_jump_table_is_made_once_for_all_loads_of_its_place()
    {
        BpfRelocation Table(int at, long place, params int[] targets) => new(at, BpfRelocationKind.JumpTable, place, Targets: targets);
        BpfFunction main = Code(
            "main", "socket", 0, [.. Load64(R1, 0), .. Load64(R1, 0), .. Load64(R1, 0), .. Load64(R1, 0), Exit()], Table(4, 0, 6, 8), Table(0, 0, 6, 8), Table(2, 16, 8, 8), Table(6, 0, 8));

        LinkedProgram linked = Link(Spec(null, null, main));

        linked.JumpTables.Select(table => $"{string.Join(' ', table.Targets)}: {string.Join(' ', table.Loads)}").Should().Equal("6 8: 0 4", "8 8: 2", "8: 6");
    }

    [Theory]
    [InlineData("socket 16; .text 0", "socket 8 16 24; .text 0", "0:1:86 2:1:70", "0 1 2")]
    [InlineData(".text 0; socket 16", ".text 0; socket 24", "0:1:86 2:1:70", "1 2")]
    [InlineData("socket 16", "socket 16 24", "", "")]
    [InlineData("socket 16 24; .text 0", "socket 16; .text 8", "", "")]
    [InlineData("socket 8; .text 0", "socket 8 32; .text 0", "", "")]
    public void The_kernel_gets_records_of_every_function_or_none(string functions, string lines, string expectedFunctions, string expectedLines)
    {
        var types = new BtfBuilder();
        uint[] Table(string text, Func<uint, uint[]> record) =>
        [
            .. text.Split("; ").Select(section => section.Split(' ')).SelectMany(
                section => new[] { types.AddString(section[0]), (uint)section.Length - 1 }.Concat(section.Skip(1).SelectMany(place => record(uint.Parse(place, null))))),
        ];
        byte[] data = new ExtBytes().Table(0, 12, Table(functions, place => [place, 1, 70 + place])).Table(1, 16, Table(lines, place => [place, 0, 0, 1024])).Build();
        BtfSpec btf = types.ToSpec();

        // The program is the third and fourth instruction of its section; what it calls stands in another one.
        BpfFunction main = Code("main", "socket", 2, [CallSubprogram(-1), Exit()], new BpfRelocation(0, BpfRelocationKind.Call));
        LinkedProgram linked = Link(Spec(btf, BtfExt.Parse(data, btf), main, Code("callee", ".text", 0, [Exit()])));

        linked.Functions.Select(each => each.Start).Should().Equal(0, 2);
        Words(linked.FuncInfo, linked.FuncInfoRecordLength).Should().Equal(expectedFunctions.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Words(linked.LineInfo, linked.LineInfoRecordLength).Select(record => record.Split(':')[0]).Should().Equal(expectedLines.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        static IEnumerable<string> Words(byte[] records, int length) =>
            records.Length == 0 ? [] : records.Chunk(length).Select(record => string.Join(':', record.Chunk(4).Select(word => BitConverter.ToUInt32(word))));
    }

    [Fact]
    public void Without_records_the_kernel_gets_none()
    {
        var types = new BtfBuilder();
        uint section = types.AddString("socket");
        BtfSpec btf = types.ToSpec();
        BpfFunction main = Code("main", "socket", 0, [Exit()]);

        foreach (BtfExt? ext in new[] { null, BtfExt.Parse(new ExtBytes().Table(2, 16, section, 1, 0, 0, 0, 0).Build(), btf) })
        {
            LinkedProgram linked = new ProgramLinker(
                Spec(btf, ext, main), Spec(btf, null, main).Relocate(target: null), new Dictionary<BpfMapSpec, int>(), new Dictionary<BpfExternSpec, ResolvedExtern>()).Link(main);
            (linked.FuncInfo.Length, linked.FuncInfoRecordLength, linked.LineInfo.Length, linked.LineInfoRecordLength).Should().Be((0, 0, 0, 0));
        }
    }

    private static LinkedProgram Link(string name, string program)
    {
        BpfObjectSpec spec = ObjectFile.Read(name);
        var linker = new ProgramLinker(spec, spec.Relocate(new CoreTarget(spec.Btf!)), new Dictionary<BpfMapSpec, int>(), new Dictionary<BpfExternSpec, ResolvedExtern>());
        return linker.Link(spec.Programs[program].Function);
    }

    [Theory]
    [InlineData("compute", "compute times plus_range")]
    [InlineData("sum_numbers", "sum_numbers add_number")]
    [InlineData("read_inner", "read_inner")]
    public void Subprograms_follow_in_the_order_of_their_first_call(string program, string expected)
    {
        LinkedProgram linked = Link("globals", program);
        linked.Functions.Select(f => f.Function.Name).Should().Equal(expected.Split(' '));
        int start = 0;
        foreach ((BpfFunction function, int at) in linked.Functions)
        {
            at.Should().Be(start);
            start += function.Instructions.Length;
            linked.OriginOf(start - 1).Should().Be((function, function.Instructions.Length - 1));
        }

        linked.Instructions.Should().HaveCount(start);
    }

    [Fact]
    public void Calls_and_callbacks_lead_to_the_functions()
    {
        LinkedProgram compute = Link("globals", "compute");
        compute.Instructions.Select((instruction, index) => (instruction, index))
            .Where(i => i.instruction is { IsCall: true, CallKind: BpfCallKind.Subprogram })
            .Select(i => i.index + 1 + i.instruction.Immediate).Should().Equal(compute.Functions.Skip(1).Select(f => f.Start));

        LinkedProgram sum = Link("globals", "sum_numbers");
        sum.Instructions.Select((instruction, index) => (instruction, index))
            .Where(i => i.instruction is { IsLoadImmediate64: true, LoadKind: BpfLoadKind.Function })
            .Select(i => i.index + 1 + i.instruction.Immediate).Should().Equal(sum.Functions[1].Start);
    }

    [Fact]
    public void An_exception_callback_comes_along_though_nothing_calls_it() =>
        Link("ksyms", "throws").Functions.Select(f => f.Function.Name).Should().Equal("throws", "on_exception");

    [Fact]
    public void What_is_missing_becomes_a_call_that_cannot_exist()
    {
        Link("globals", "read_inner").Instructions.Count(i => i is { IsCall: true, Immediate: >= PoisonedInstruction.MapBase and < PoisonedInstruction.KernelFunctionBase })
            .Should().Be(2, "both halves of the load of a map");
        Link("ksyms", "unguarded").Instructions.Should().ContainSingle(i => i.IsCall && i.Immediate >= PoisonedInstruction.KernelFunctionBase)
            .Which.SourceRegister.Should().Be(0);
    }

    [Fact]
    public void Function_and_line_records_count_instructions_of_the_whole_program()
    {
        LinkedProgram linked = Link("globals", "compute");
        FirstWords(linked.FuncInfo, linked.FuncInfoRecordLength).Should().Equal(linked.Functions.Select(f => (uint)f.Start));
        uint[] lines = FirstWords(linked.LineInfo, linked.LineInfoRecordLength);
        lines.Should().BeInAscendingOrder().And.Contain(linked.Functions.Select(f => (uint)f.Start));
        lines.Should().OnlyContain(l => l < linked.Instructions.Length);

        static uint[] FirstWords(byte[] records, int length) => [.. records.Chunk(length).Select(r => BitConverter.ToUInt32(r))];
    }

    [Fact]
    public void Jump_tables_count_instructions_of_the_whole_program()
    {
        LinkedProgram choose = Link("jump_tables", "choose");
        choose.Functions.Select(f => f.Start).Should().Equal([0, 21], "the subprogram comes behind");
        choose.JumpTables.Select(table => string.Join(' ', table.Targets)).Should().Equal("13 15 17", "28 30 32");
        choose.JumpTables.Select(table => table.Loads.Single()).Should().Equal([8, 23]);
        choose.JumpTables.SelectMany(table => table.Loads).Should().OnlyContain(load => choose.Instructions[load].IsLoadImmediate64);

        LinkedProgram next = Link("jump_tables", "choose_next");
        next.Functions.Select(f => f.Function.Name).Should().Equal("choose_next", "before", "hundreds");
        next.JumpTables.Should().ContainSingle().Which.Targets.Should().Equal([next.Functions[2].Start + 7, next.Functions[2].Start + 9, next.Functions[2].Start + 11]);
    }

    [Fact]
    public void What_only_an_indirect_jump_leads_to_counts_as_reached()
    {
        BpfObjectSpec spec = ObjectFile.Read("jump_tables");
        BpfObjectRelocation relocation = spec.Relocate(target: null);
        foreach (BpfFunction function in spec.Functions)
            ReachableInstructions.Of(relocation[function], littleEndian: true, static _ => null).Count(reached => !reached)
                .Should().Be(function.Relocations.Count(r => r.Kind == BpfRelocationKind.JumpTable), "second halves of 64-bit loads are no instructions");
    }
}
