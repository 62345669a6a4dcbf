using P3Ebpf.Bindings;
using P3Ebpf.Btf.Tests.Mutation;
using P3Ebpf.Linker;

namespace P3Ebpf.Fuzz.Targets;

/// <summary>BPF objects: read, relocated, judged, linked, and made into C#.</summary>
internal static class ObjectTargets
{
    private static readonly BtfSpec Kernel = SmallKernel();
    private static readonly byte[] Main = File.ReadAllBytes(TestData.PathOf("testdata/bpf/link/main.bpf.o"));

    public static FuzzTarget[] All { get; } =
    [
        new("object", Seeds, Read) { MostBytes = 1 << 15, AllowedBytes = static input => (4 << 20) + (4096L * input.Length) },
        new("link", Seeds, Link) { MostBytes = 1 << 15, AllowedBytes = static input => (8 << 20) + (1024L * input.Length) },
        new("bindings", Seeds, Generate) { MostBytes = 1 << 15, AllowedBytes = static input => (8 << 20) + (1024L * input.Length) },
        new("instructions", InstructionSeeds, Disassemble) { MostBytes = 1 << 12, AllowedBytes = static input => (1 << 18) + (256L * input.Length) },
    ];

    private static IEnumerable<byte[]> Seeds() => Directory
        .GetFiles(TestData.PathOf("testdata/bpf"), "*.o", SearchOption.AllDirectories).Append(TestData.PathOf("bpf/sched_lottery.bpf.o")).Order(StringComparer.Ordinal)
        .Where(path => new FileInfo(path).Length < 1 << 15).Select(File.ReadAllBytes);

    private static IEnumerable<byte[]> InstructionSeeds()
    {
        foreach (byte[] seed in Seeds())
            foreach (BpfFunction function in Parse(seed)?.Functions ?? [])
            {
                byte[] code = new byte[Math.Min(function.Instructions.Length, 512) * BpfInstruction.Length];
                for (int i = 0; i < code.Length / BpfInstruction.Length; i++)
                    function.Instructions.Span[i].Write(code.AsSpan(i * BpfInstruction.Length), littleEndian: true);
                yield return code;
            }
    }

    /// <summary>What the objects ask about, of a kernel.</summary>
    private static BtfSpec SmallKernel()
    {
        var kernel = BtfSpec.Parse(TestData.Btf("vmlinux-6.12.117-amd64"));
        var minimizer = new CoreMinimizer(kernel);
        foreach (string name in new[] { "bpf/sched_lottery.bpf.o", "testdata/bpf/guards.bpf.o", "testdata/bpf/ksyms.bpf.o" })
            foreach (BpfRelocatedFunction function in BpfObjectSpec.Read(TestData.PathOf(name)).Relocate(new CoreTarget(kernel)).Functions)
                foreach (CoreRelocationResult result in function.Results)
                    minimizer.Add(result);
        return BtfSpec.Parse(minimizer.ToArray());
    }

    private static BpfObjectSpec? Parse(byte[] input)
    {
        try
        {
            return BpfObjectSpec.Parse(input, "mutant");
        }
        catch (BpfObjectFormatException)
        {
        }
        catch (ElfFormatException)
        {
        }

        return null;
    }

    private static void Read(byte[] input)
    {
        if (Parse(input) is not { } spec)
            return;
        foreach (BpfFunction function in spec.Functions)
            for (int i = 0; i < function.Instructions.Length; i += 8)
                _ = function.SourceLineOf(i);
        foreach (object part in (object[])[.. spec.Programs, .. spec.Maps, .. spec.Variables, .. spec.Externs, .. spec.Warnings])
            _ = part.ToString();
        BpfTargetAssessment assessment = BpfTargetAssessment.Of(spec, new CoreTarget(Kernel));
        foreach (BpfRequirement requirement in assessment.Requirements)
            _ = requirement.ToString();
        foreach (CoreRelocationResult result in assessment.Relocation.Functions.SelectMany(function => function.Results))
            _ = result.ToString() + result.Suggestion;
    }

    private static void Link(byte[] input)
    {
        try
        {
            var linker = new BpfLinker();
            linker.Add(Main, "main");
            linker.Add(input, "mutant");
            _ = linker.Link();
        }
        catch (EbpfException)
        {
        }
    }

    private static void Generate(byte[] input)
    {
        if (Parse(input) is not { } spec)
            return;
        try
        {
            _ = BpfBindings.Generate(spec, input, new BpfBindingsOptions { Namespace = "Mutant", ClassName = "Mutant" });
        }
        catch (BtfFormatException)
        {
        }
        catch (NotSupportedException) when (spec.Btf is { } btf && BtfOperations.HasOpaqueTypes(btf))
        {
        }
    }

    private static void Disassemble(byte[] input)
    {
        byte[] whole = input[..(input.Length / BpfInstruction.Length * BpfInstruction.Length)];
        BpfInstruction[] code = BpfInstruction.Decode(whole, littleEndian: true);
        _ = new BpfDisassembler().Disassemble(code);
        byte[] again = new byte[whole.Length];
        for (int i = 0; i < code.Length; i++)
            code[i].Write(again.AsSpan(i * BpfInstruction.Length), littleEndian: true);
        if (!whole.AsSpan().SequenceEqual(again))
            throw new FuzzFindingException("What was decoded is not what is written.");
    }
}
