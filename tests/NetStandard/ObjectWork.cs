namespace P3Ebpf.NetStandard;

/// <summary>Reads objects, relocates them against kernels, and generates C# of them.</summary>
internal static class ObjectWork
{
    public static IEnumerable<Work> In(string root)
    {
        CoreTarget[] targets = [new(TypesWork.Read(root, TypesWork.Old)), new(TypesWork.Read(root, TypesWork.New))];
        foreach (string path in Paths(root))
        {
            string name = Path.GetFileName(path);
            yield return new Work($"{name} sections", () => Sections(path));
            yield return new Work($"{name} contents", () => Contents(BpfObjectSpec.Read(path)));
            yield return new Work($"{name} C#", () => Digest.Of(BpfBindings.Generate(BpfObjectSpec.Read(path), File.ReadAllBytes(path), new BpfBindingsOptions { Namespace = "Space", FileName = name })));
            for (int i = 0; i < targets.Length; i++)
            {
                CoreTarget target = targets[i];
                yield return new Work($"{name} against {(i == 0 ? TypesWork.Old : TypesWork.New)}", () => Relocated(BpfObjectSpec.Read(path).Relocate(target)));
            }
        }

        yield return new Work("a variable by a tuple", () => BpfObjectSpec.Read(Path.Combine(root, "testdata", "bpf", "globals.bpf.o")).Variables["range"].Get<(int, int)>().ToString());
        yield return new Work("a variable by a struct of other fields", () => Refusal(Path.Combine(root, "testdata", "bpf", "globals.bpf.o")));
    }

    public static IEnumerable<string> Paths(string root) =>
        new[] { "bpf", Path.Combine("testdata", "bpf") }.SelectMany(directory => Directory.GetFiles(Path.Combine(root, directory), "*.bpf.o").OrderBy(path => path, StringComparer.Ordinal));

    public static string Contents(BpfObjectSpec spec) => Digest.Of(string.Join(
        "\n",
        spec.Programs.Select(each => $"{each} {each.Type} {each.AttachPoint} {each.Function.Instructions.Length}")
            .Concat(spec.Maps.Select(each => $"{each} {each.Type} {each.KeySize} {each.ValueSize} {each.MaxEntries} {each.Flags} {each.BtfRecordTypeId}"))
            .Concat(spec.Variables.Select(each => $"{each.Name} {each.Size} {Digest.Of(each.InitialBytes.ToArray())}"))
            .Concat(spec.Externs.Select(each => each.ToString()!)).Concat(spec.Warnings)));

    private static string Sections(string path)
    {
        using ElfFile file = ElfFile.Open(path);
        List<string> found = [];
        foreach (ElfSection section in file.Sections)
            found.Add($"{section} {section.Type} {section.Flags} {section.Size}");
        return $"{found.Count} {Digest.Of(string.Join("\n", found))}";
    }

    private static string Relocated(BpfObjectRelocation relocation) =>
        $"{relocation.Succeeded} {Digest.Of(string.Join("\n", relocation.Functions.Select(each => each.Disassemble() + string.Join("\n", each.Results.Select(result => $"{result} {result.Suggestion}")))))}";

    private static string Refusal(string path)
    {
        try
        {
            return BpfObjectSpec.Read(path).Variables["range"].Get<Halves>().ToString()!;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

#pragma warning disable CS0649 // only its layout matters
    private struct Halves
    {
        public short A, B;
        public int C;
    }
#pragma warning restore CS0649
}
