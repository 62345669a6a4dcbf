
namespace P3Ebpf.Object.Tests;

public sealed class ProgramLinkerTests
{
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
