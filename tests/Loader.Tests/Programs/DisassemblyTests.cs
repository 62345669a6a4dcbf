using System.Globalization;
using System.Text.RegularExpressions;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests;

/// <summary>What <see cref="BpfDisassembler"/> prints, beside what the running kernel's verifier prints of the same program.</summary>
[KernelTests]
public sealed partial class DisassemblyTests
{
    [GeneratedRegex(@"^(?<slot>\d+): (?<text>\([0-9a-f]{2}\) .*?|BUG_[0-9a-f]{2}) *(([;\t]|// ).*)?$", RegexOptions.Multiline)]
    private static partial Regex InstructionLine();

    [GeneratedRegex("^; .* @ .*$", RegexOptions.Multiline)]
    private static partial Regex SourceLine();

    public static TheoryData<string> Objects => ["sched_lottery", "set_tickets", "globals", "guards", "ksyms", "maps", "tracing", "missing_field"];

    /// <summary>
    /// Every code with many operands, whatever the verifier thinks of the instruction once it has printed it. Older kernels take new forms for the
    /// old ones that they come from.
    /// </summary>
    [Fact]
    public void Every_instruction_that_the_verifier_prints_reads_the_same()
    {
        Requires.Kernel("6.15", "loads that acquire");
        List<string> different = [];
        HashSet<byte> printed = [];
        for (int code = 0; code <= byte.MaxValue; code++)
        {
            foreach (BpfInstruction instruction in Variants((byte)code))
            {
                if (Printed(instruction) is not { } theirs)
                    continue;
                string ours = BpfDisassembler.Format(instruction);
                if (ours != theirs)
                    different.Add($"{instruction}: kernel {theirs}, here {ours}");
                if (theirs.EndsWith("unknown opcode", StringComparison.Ordinal))
                    break;
                _ = printed.Add((byte)code);
            }
        }

        different.Should().BeEmpty();
        printed.Should().HaveCountGreaterThan(90);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void Programs_read_as_in_the_log_of_the_verifier(string name)
    {
        Requires.Kernel("5.5", "reads of kernel memory by type");
        BpfObjectSpec spec = ObjectFile.Read(name);
        foreach (BpfProgramSpec program in spec.Programs)
            program.IsAutoLoaded &= program.Name != "unguarded" && !program.Name.StartsWith("bad_", StringComparison.Ordinal);
        using BpfObject? loaded = Load(spec, out string? refusal);
        Assert.SkipWhen(loaded is null, $"{name}: {refusal}");

        BpfObjectRelocation relocation = spec.Relocate(Kernel.Running.CoreTarget);
        var maps = spec.Maps.Where(map => loaded.Maps.TryGet(map.Name, out _)).ToDictionary(map => map, map => loaded.Maps[map.Name].Handle.Descriptor);
        var linker = new ProgramLinker(spec, relocation, maps, new Dictionary<BpfExternSpec, ResolvedExtern>());
        int compared = 0;
        foreach (BpfProgram program in loaded.Programs)
        {
            LinkedProgram linked = linker.Link(program.Spec!.Function);
            var disassembler = new BpfDisassembler { SourceLineOf = slot => LineOf(linked, slot) };
            foreach (Match line in InstructionLine().Matches(program.VerifierLog))
            {
                int slot = int.Parse(line.Groups["slot"].ValueSpan, CultureInfo.InvariantCulture);
                string theirs = line.Groups["text"].Value;
                string ours = disassembler.Format(linked.Instructions, slot);
                (BpfFunction function, int at) = linked.OriginOf(slot);
                BpfRelocation? relocated = function.Relocations.Find(r => r.Instruction == at);
                if (relocated?.Kind == BpfRelocationKind.ExternCall)
                    theirs.Should().StartWith($"(85) call {relocated.Extern!.Name}#");
                else if (relocated?.Map is not null || relocated?.Extern is not null)
                    theirs[..theirs.IndexOf('=')].Should().Be(ours[..ours.IndexOf('=')]); // an address of the kernel follows
                else if (ours != theirs && theirs.StartsWith("(05) goto", StringComparison.Ordinal))
                    KernelVersion.Current.Should().BeGreaterThanOrEqualTo(new Version(7, 0), "the verifier decides branches on constants before it prints them");
                else
                    ours.Should().Be(theirs, "slot {0} of {1} says so", slot, program.Name);
                compared++;
            }

            if (KernelVersion.Current >= new Version(6, 9))
                SourceLine().Matches(program.VerifierLog).Select(m => m.Value).Should().BeSubsetOf(disassembler.Disassemble(linked.Instructions).Split('\n'));
        }

        compared.Should().BePositive();
    }

    [Fact]
    public void Kernel_functions_are_called_by_name()
    {
        Requires.Kernel("6.6", "kernel functions of all programs");
        Assert.SkipUnless(Kernel.Running.Types.TryFind("bpf_rcu_read_lock", BtfKind.Func, out BtfType function), "the kernel has no bpf_rcu_read_lock");
        BpfInstruction[] code = [CallKernelFunction(function.Id), MovImmediate(R0, 0), Exit()];
        string log = LogOf(code, BpfProgramType.SchedCls);

        string ours = new BpfDisassembler { KernelFunctionOf = _ => function.Name.ToString() }.Format(code, 0);

        InstructionLine().Match(log).Groups["text"].Value.Should().Be(ours);
    }

    private static IEnumerable<BpfInstruction> Variants(byte code)
    {
        var bare = new BpfInstruction { Code = code, DestinationRegister = R2 };
        short[] offsets = bare.Class is BpfInstructionClass.Alu or BpfInstructionClass.Alu64 ? [0, 1, -1, 8, 16, 32] : [0, 1, -1];
        int[] immediates = bare is { Class: BpfInstructionClass.Stx, Mode: BpfAccessMode.Atomic } ? [.. Enum.GetValues<BpfAtomicOperation>().Cast<int>(), 0x99]
            : bare is { Class: BpfInstructionClass.Alu or BpfInstructionClass.Alu64, AluOperation: BpfAluOperation.End } ? [16, 32, 64]
            : bare.IsCall ? [1, 211, 212, CorePoison.HelperId]
            : [0, 1, -1];
        return
            from offset in offsets
            from immediate in immediates
            from source in new[] { R0, R3 }
            select bare with { SourceRegister = source, Offset = offset, Immediate = immediate };
    }

    private static BpfObject? Load(BpfObjectSpec spec, out string? refusal)
    {
        try
        {
            refusal = null;
            foreach (BpfMapSpec map in spec.Maps)
                map.IsPinnedByName = false;
            return spec.Load(new BpfLoadOptions { VerifierLogLevel = 2 });
        }
        catch (BpfException e)
        {
            refusal = e.Message;
            return null;
        }
    }

    private static string? LineOf(LinkedProgram linked, int slot)
    {
        (BpfFunction function, int at) = linked.OriginOf(slot);
        return function.SourceLineOf(at) is { } line ? $"{line.Text} @ {Path.GetFileName(line.File)}:{line.Line}" : null;
    }

    /// <summary>What the verifier prints of an instruction; <see langword="null"/> where it refuses the program before.</summary>
    private static string? Printed(BpfInstruction instruction)
    {
        // A branch around it reaches all that follows, wherever the instruction itself leads.
        BpfInstruction second = instruction.IsLoadImmediate64 ? default : MovImmediate(R0, 0);
        string log = LogOf([JumpIfImmediate(BpfJumpOperation.Jeq, R1, 0, 2), instruction, second, MovImmediate(R0, 0), Exit()], BpfProgramType.SocketFilter);
        if (log.StartsWith("unknown opcode", StringComparison.Ordinal))
            return $"({instruction.Code:x2}) unknown opcode";
        return InstructionLine().Matches(log).FirstOrDefault(line => line.Groups["slot"].Value == "1")?.Groups["text"].Value;
    }

    private static string LogOf(BpfInstruction[] code, BpfProgramType type)
    {
        var options = new BpfProgramOptions { Type = type, License = "GPL", Name = "disassembled", LogLevel = 2, MaximumLogSize = 1 << 16 };
        try
        {
            using BpfProgram program = BpfProgram.Load(options, code);
            return program.VerifierLog;
        }
        catch (BpfVerifierException e)
        {
            return e.Log;
        }
        catch (BpfException)
        {
            return string.Empty;
        }
    }
}
