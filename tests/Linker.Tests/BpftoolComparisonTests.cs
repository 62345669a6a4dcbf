namespace P3Ebpf.Linker.Tests;

/// <summary>What bpftool links is linked here too, and means the same.</summary>
public sealed class BpftoolComparisonTests
{
    [Fact]
    public void All_pairs_of_objects_mean_what_bpftool_makes_of_them()
    {
        Bpftool.OrSkip();

        string[] objects =
        [
            .. new[] { "bpf", "testdata/bpf", "testdata/bpf/link" }
                .SelectMany(directory => Directory.GetFiles(TestData.PathOf(directory), "*.o")).Where(path => new FileInfo(path).Length < 1 << 17)
                .Order(StringComparer.Ordinal),
        ];
        int linked = 0;
        for (int i = 0; i < objects.Length; i++)
        {
            for (int j = 0; j < objects.Length; j++)
            {
                if (i != j && (i < j || objects[i].Contains("/link/", StringComparison.Ordinal)) && IsSame(objects[i], objects[j]))
                    linked++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{linked} pairs of {objects.Length} objects");
        linked.Should().BeGreaterThan(100, "objects of which none can be linked show nothing");
    }

    [Fact]
    public void Three_files_mean_what_bpftool_makes_of_them_in_any_order()
    {
        Bpftool.OrSkip();
        foreach (string[] order in new[] { new[] { 0, 1, 2 }, [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0] }.Select(o => o.Select(i => LinkFiles.PathOf(LinkFiles.Whole[i])).ToArray()))
            IsSame(order).Should().BeTrue(string.Join(' ', order));
    }

    [Fact]
    public void Bpftool_links_on_what_was_linked_here()
    {
        Bpftool.OrSkip();
        string half = Path.GetTempFileName();
        try
        {
            LinkFiles.Link("main", "library").Save(half);
            byte[]? whole = Bpftool.Link(out string output, half, LinkFiles.PathOf("more"));
            whole.Should().NotBeNull(output);
            ObjectMeaning.Differences(LinkFiles.Link(LinkFiles.Whole).Data, whole!, ObjectMeaning.WithoutPlacesOfVariables).Should().BeEmpty();
        }
        finally
        {
            File.Delete(half);
        }
    }

    /// <returns>Whether both linked the objects.</returns>
    private static bool IsSame(params string[] paths)
    {
        string what = string.Join(' ', paths.Select(Path.GetFileName));
        byte[]? theirs = Bpftool.Link(out string output, paths);
        BpfLinkResult? ours = null;
        string? refusal = null;
        try
        {
            var linker = new BpfLinker();
            foreach (string path in paths)
                linker.Add(path);
            ours = linker.Link();
        }
        catch (BpfLinkException e)
        {
            refusal = $"{e.Code}: {e.Message}";
        }

        if (theirs is not null)
        {
            Assert.True(ours is not null, $"bpftool links {what}, and here: {refusal}");

            // A map that is declared and defined nowhere becomes, with bpftool, whatever map of the other file comes first.
            if (ours.Unresolved.Contains("sums") && ours.Sections.Any(s => s.Name == ".maps"))
                return true;
            string[] differences = ObjectMeaning.Differences(ours.Data, theirs, ObjectMeaning.WithoutPlacesOfVariables);

            // libbpf before 1.2 leaves a forward declaration in one object beside the definition in the other.
            if (differences.Any(difference => difference.Contains(" FWD ", StringComparison.Ordinal)))
                differences = ObjectMeaning.Differences(ours.Data, Again(theirs), ObjectMeaning.WithoutPlacesOfVariables);
            differences.Should().BeEmpty(what);
        }
        else if (ours is not null)
        {
            IsKnownLimit(output).Should().BeTrue($"{what} are linked here, and bpftool says: {output}");
        }

        return theirs is not null;
    }

    private static ReadOnlyMemory<byte> Again(byte[] linked)
    {
        var linker = new BpfLinker();
        linker.Add(linked, "linked by bpftool");
        return linker.Link().Data;
    }

    /// <summary>What bpftool of some versions refuses without need.</summary>
    private static bool IsKnownLimit(string output) => new[]
    {
        "byte order", "STT_SECTION in non-exec section", "failed to resolve size of underlying type", "BTF info for object", "conflicting non-weak symbol", "section mismatch",
        "global/extern symbol 'BPF.JT.",
    }.Any(output.Contains);
}
