namespace P3Ebpf.Loader.Tests;

/// <summary>
/// A program for each section name: that it loads, attaches, and runs. docs/attaching.md says on which kernels this was seen; where the variable
/// P3EBPF_SECTION_REPORT names a file, each row appends a line to it.
/// </summary>
[KernelTests]
public sealed class SectionTableTests : IClassFixture<CongestionTurn>
{
    // What the definitions do not tell: first kernels of what only the section's name says.
    private static readonly Dictionary<string, string> Since = new()
    {
        ["kprobe.session"] = "6.10", ["uprobe.session"] = "6.13", ["uprobe.session.s"] = "6.13",
        ["uprobe.s"] = "6.0", ["uretprobe.s"] = "6.0", ["usdt.s"] = "6.0",
        ["sk_reuseport/migrate"] = "5.14", ["sk_skb/verdict"] = "5.13",
        ["xdp.frags"] = "5.18", ["xdp.frags/devmap"] = "5.18", ["xdp.frags/cpumap"] = "5.18", ["xdp/cpumap"] = "5.9", ["xdp/devmap"] = "5.8",
        ["tp_btf.s"] = "7.2", ["raw_tp.s"] = "7.2", ["raw_tracepoint.s"] = "7.2", ["tp.s"] = "7.2", ["tracepoint.s"] = "7.2",
        ["iter.s"] = "5.18", ["syscall"] = "5.14", ["sockops"] = "4.13", ["lsm_cgroup"] = "6.0", ["fentry.s"] = "6.3", ["fexit.s"] = "6.3", ["fmod_ret.s"] = "6.3", ["lsm.s"] = "5.11",
        ["sk_skb/stream_parser"] = "4.14", ["sk_skb/stream_verdict"] = "4.14", ["sk_msg"] = "4.17", // a link only from 6.10 on
        ["struct_ops.s"] = "6.6", ["tcx/ingress"] = "6.6", ["tcx/egress"] = "6.6", ["tc/ingress"] = "6.6", ["tc/egress"] = "6.6",
    };

    // What kernels may be built without, or a machine's policy forbids.
    private static readonly string[] Optional =
        ["fentry", "fexit", "fmod_ret", "fsession", "lsm", "freplace", "kprobe", "kretprobe", "ksyscall", "kretsyscall", "action", "tp_btf.s", "iter", "perf_event"];

    public static TheoryData<string> Sections => [.. BpfSectionDefinitions.All.Select(definition => definition.Prefix)];

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_program_of_each_section_loads_attaches_and_runs(string section)
    {
        Requires.Bpf();
        Assert.SkipWhen(section == "lirc_mode2", "There is no infrared receiver to attach to.");
        BpfSectionDefinition definition = BpfSectionDefinitions.All.Single(d => d.Prefix == section);
        Version since = FirstKernel(definition);
        Assert.SkipWhen(KernelVersion.Current < since, $"It needs Linux {since}; this is {KernelVersion.Current}.");

        var trial = new SectionTrial(section);
        try
        {
            trial.Run();
        }
        catch (BpfException e) when (e.IsNotPermittedOrSupported && Optional.Any(prefix => section.StartsWith(prefix, StringComparison.Ordinal)))
        {
            trial.Note = $"{e.Message} {e.Hint}";
        }
        finally
        {
            trial.Report();
        }

        Assert.SkipWhen(trial.Note is not null, $"This kernel does not have it: {trial.Note}");
        trial.Runs.Should().BeGreaterThan(0, "something happened that the program watches");
    }

    private static Version FirstKernel(BpfSectionDefinition definition)
    {
        if (Since.TryGetValue(definition.Prefix, out string? known))
            return Version.Parse(known);
        Version ofType = definition.ProgramType.Since();
        return definition.AttachType is { } type && type.Since() > ofType ? type.Since() : ofType;
    }
}
