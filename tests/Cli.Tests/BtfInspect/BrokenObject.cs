using P3Ebpf.CoRe;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary>The lottery scheduler with one instruction that does not hold what its CO-RE relocation says it does.</summary>
internal static class BrokenObject
{
    public static byte[] Build()
    {
        string path = TestData.PathOf("bpf/sched_lottery.bpf.o");
        BpfObjectSpec spec = BpfObjectSpec.Read(path);
        BpfRelocatedFunction function = spec.Relocate(new CoreTarget(spec.Btf!)).Functions.Single();
        CoreRelocationResult victim = function.Results.First(r => r.Local.StartsWith("struct task_struct.policy ", StringComparison.Ordinal));

        byte[] file = File.ReadAllBytes(path);
        byte[] code = new byte[function.Instructions.Length * BpfInstruction.Length];
        for (int i = 0; i < function.Instructions.Length; i++)
            function.Function.Instructions.Span[i].Write(code.AsSpan(i * BpfInstruction.Length), littleEndian: true);
        int start = file.AsSpan().IndexOf(code);
        start.Should().BePositive();
        file[start + (victim.InstructionIndex * BpfInstruction.Length) + 4]++;
        return file;
    }
}
