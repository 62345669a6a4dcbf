using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Mutation;

/// <summary>BPF objects to be damaged, read and relocated.</summary>
internal static class ObjectSubjects
{
    public static IEnumerable<Subject> All()
    {
        var target = BpfObjectSpec.Read(TestData.PathOf("bpf/sched_lottery.bpf.o")).Btf!;
        foreach (string directory in new[] { "bpf", "testdata/bpf" })
        {
            foreach (string path in Directory.EnumerateFiles(TestData.PathOf(directory), "*.o").Order(StringComparer.Ordinal))
            {
                byte[] data = File.ReadAllBytes(path);
                yield return new Subject(Path.GetFileName(path), data, target.Data.Length, (mutant, _, trial) => Try(trial, mutant, target)) { Parts = PartsOf(data) };
            }
        }
    }

    private static void Try(Trial trial, byte[] data, BtfSpec target)
    {
        BpfObjectSpec? spec = null;
        long allowed = BtfOperations.FixedBytes + (64L * data.Length);
        bool isSound = trial.Run("object", allowed, () => Walk(spec = BpfObjectSpec.Parse(data, "mutant")), static e => e is BpfObjectFormatException or ElfFormatException);
        if (!isSound)
            return;
        _ = CoreSubjects.Relocate(trial, spec!, target);
    }

    private static void Walk(BpfObjectSpec spec)
    {
        foreach (BpfFunction function in spec.Functions)
            for (int i = 0; i < function.Instructions.Length; i += 8)
                _ = function.SourceLineOf(i);
        foreach (BpfProgramSpec program in spec.Programs)
            _ = program.ToString();
        foreach (BpfMapSpec map in spec.Maps)
            _ = map.ToString();
        foreach (BpfVariableSpec variable in spec.Variables)
            _ = variable.ToString();
        foreach (BpfExternSpec item in spec.Externs)
            _ = item.ToString();
    }

    /// <summary>The headers, the table of sections, and each small section, where one damaged byte means most.</summary>
    private static (int Start, int Length)[] PartsOf(byte[] data)
    {
        var parts = new List<(int, int)> { (0, 64) };
        var file = ElfFile.Parse(data);
        parts.Add((data.Length - (64 * file.Sections.Count), 64 * file.Sections.Count));
        foreach (ElfSection section in file.Sections)
        {
            if (section.Type is not (ElfSectionType.Null or ElfSectionType.NoBits) && section.Size is > 0 and < 1 << 20)
                parts.Add(((int)section.Offset, (int)section.Size));
        }

        return [.. parts];
    }
}
