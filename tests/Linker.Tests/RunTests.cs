namespace P3Ebpf.Linker.Tests;

/// <summary>Linked objects in the kernel: they load, by P3Ebpf and by bpftool, and do what their sources say.</summary>
public sealed class RunTests
{
    private static readonly Lazy<string?> Obstacle = new(FindObstacle);

    [Fact]
    public void Linked_programs_do_what_their_sources_say()
    {
        Require();
        using BpfObject loaded = LinkFiles.Link(LinkFiles.Whole).Spec().Load();
        Answers(loaded).Should().Equal(
            "call_across 44", "weak_and_strong 23", "variables_across 158", "variables_across 163", "count_here 0", "count_here 1",
            "count_there 50", "count_there 100", "sum_all 102", "odd_variables 202");
        Run(loaded, "kernel_version").Should().BeGreaterThan(5 << 16);
        loaded.Programs.Select(p => p.Name).Should().Contain(["library_at_entry", "more_at_entry"], "the CO-RE relocations of two files hold");
    }

    [Fact]
    public void Linked_in_two_steps_they_give_the_same_answers()
    {
        Require();
        foreach (BpfLinkResult result in InTwoSteps())
        {
            using BpfObject whole = LinkFiles.Link(LinkFiles.Whole).Spec().Load();
            using BpfObject loaded = result.Spec().Load();
            Answers(loaded).Should().Equal(Answers(whole));
        }
    }

    [Fact]
    public void They_answer_as_those_that_bpftool_linked()
    {
        Require();
        Bpftool.OrSkip();
        byte[]? other = Bpftool.Link(out string output, LinkFiles.Whole.Select(LinkFiles.PathOf));
        other.Should().NotBeNull(output);
        using BpfObject loaded = LinkFiles.Link(LinkFiles.Whole).Spec().Load();
        using BpfObject theirs = BpfObjectSpec.Parse(other, "linked").Load();
        Answers(loaded).Should().Equal(Answers(theirs));
    }

    [Fact]
    public void Bpftool_loads_what_was_linked()
    {
        Require();
        Bpftool.OrSkip();
        foreach (BpfLinkResult result in InTwoSteps().Prepend(LinkFiles.Link(LinkFiles.Whole)))
            LoadByBpftool(result).Should().Contain(["call_across", "count_there", "odd_variables", "library_at_entry", "more_at_entry"]);
    }

    private static IEnumerable<BpfLinkResult> InTwoSteps()
    {
        BpfLinkResult first = LinkFiles.Link("main", "library");
        BpfLinkResult last = LinkFiles.Link("library", "more");
        yield return LinkFiles.LinkBytes(first.Data, LinkFiles.Bytes("more"));
        yield return LinkFiles.LinkBytes(LinkFiles.Bytes("main"), last.Data);
        yield return LinkFiles.LinkBytes(LinkFiles.LinkBytes(first.Data, LinkFiles.Bytes("more")).Data);
    }

    private static IReadOnlyCollection<string> LoadByBpftool(BpfLinkResult result)
    {
        string pins = $"/sys/fs/bpf/p3ebpf-link-{Environment.ProcessId}";
        string file = Path.GetTempFileName();
        try
        {
            result.Save(file);
            Bpftool.TryRun(out string output, "prog", "loadall", file, pins).Should().BeTrue(output);
            return [.. Directory.GetFiles(pins).Select(path => Path.GetFileName(path))];
        }
        finally
        {
            File.Delete(file);
            if (Directory.Exists(pins))
            {
                foreach (string pin in Directory.GetFiles(pins))
                    File.Delete(pin);
                Directory.Delete(pins);
            }
        }
    }

    /// <summary>What the programs return one after another, each in the state that those before left.</summary>
    private static string[] Answers(BpfObject loaded) =>
    [
        .. new[]
        {
            "call_across", "weak_and_strong", "variables_across", "variables_across", "count_here", "count_here", "count_there", "count_there", "sum_all", "odd_variables",
        }.Select(name => $"{name} {Run(loaded, name)}"),
    ];

    private static uint Run(BpfObject loaded, string program) => loaded.Programs[program].TestRun(data: new byte[64], repeat: 1).ReturnValue;

    private static void Require()
    {
        Assert.SkipWhen(Obstacle.Value is not null, Obstacle.Value ?? string.Empty);
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(5, 13), "bpf_for_each_map_elem needs Linux 5.13.");
    }

    private static string? FindObstacle()
    {
        try
        {
            using BpfObject loaded = BpfObjectSpec.Read(TestData.PathOf("testdata/bpf/no_such_tracepoint.bpf.o")).Load();
            return null;
        }
        catch (Exception e) when (e is BpfException { IsNotPermittedOrSupported: true } or PlatformNotSupportedException)
        {
            return e.Message;
        }
    }
}
