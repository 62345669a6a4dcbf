using System.Globalization;

namespace P3Ebpf.Cli.Tests.Load;

/// <summary>
/// <c>load --pin-dir</c> gets a signal at one of its system calls: what is left is nothing, or complete, or (after SIGKILL, which nobody can answer) a
/// beginning in which nothing is attached yet; <c>unload --pin-dir</c> takes that away. The signal comes from strace, at the call and not at some time.
/// </summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class SignalWalkTests
{
    /// <summary>Of the calls before the first pin, which leave nothing by themselves, only some are struck unless P3EBPF_ALL_POINTS is set.</summary>
    private const int Step = 12;

    /// <summary>The last calls of bpf(2) are those that pin.</summary>
    private const int Pins = 4;

    private static readonly string[] PinnedInOrder = ["handle_sched_switch", "_rodata", "task_map", "handle_sched_switch_link"];

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("INT")]
    public void What_a_signal_leaves_can_be_unloaded(string signal)
    {
        Requires.Kernel("5.15", "links of tracepoints");
        Requires.Root();
        RequireStrace();
        using var bpffs = new PrivateBpfFs();
        string directory = bpffs["all"];
        string trace = Path.Combine(Path.GetTempPath(), $"p3ebpf-calls-{Environment.ProcessId}");
        List<string> findings = [];
        int points = 0, partial = 0, complete = 0;
        try
        {
            Traced(["-e", "trace=bpf", "-o", trace], directory).ExitCode.Should().Be(ExitCode.Done);
            Names(directory).Should().BeEquivalentTo(PinnedInOrder);
            int calls = File.ReadLines(trace).Count(line => line.Contains("bpf(", StringComparison.Ordinal));
            Unload(directory);

            foreach ((string call, int number) in Points(calls))
            {
                points++;
                CliResult result = Traced(["-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal={signal}:when={number}"), "-o", "/dev/null"], directory);
                string[] left = Names(directory);
                string step = $"{signal} at {call} {number}: exit {result.ExitCode}, left: {string.Join(' ', left)}: {result.Error}";
                bool isBeginning = left.SequenceEqual(PinnedInOrder.Take(left.Length));
                partial += left.Length is > 0 and < 4 ? 1 : 0;
                complete += left.Length == 4 ? 1 : 0;
                if (!isBeginning)
                    findings.Add($"not in order: {step}");
                if (signal != "KILL" && left.Length is > 0 and < 4)
                    findings.Add($"neither nothing nor complete: {step}");
                if (signal != "KILL" && result.ExitCode != (left.Length == 0 ? ExitCode.Interrupted : ExitCode.Done))
                    findings.Add($"exit code: {step}");
                if (signal != "KILL" && left.Length == 0 && Directory.Exists(directory))
                    findings.Add($"the directory is left: {step}");
                if (Directory.Exists(directory))
                    Unload(directory);
                if (bpffs.Entries.Any())
                    findings.Add($"not unloaded: {step}: {string.Join(' ', bpffs.Entries)}");
            }
        }
        finally
        {
            if (Directory.Exists(directory))
                _ = Cli.Run("unload", "--pin-dir", directory);
            File.Delete(trace);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{signal}: {points} points, {partial} partial, {complete} complete");
        findings.Should().BeEmpty();
    }

    private static IEnumerable<(string Call, int Number)> Points(int calls)
    {
        yield return ("mkdir", 1);
        bool all = Environment.GetEnvironmentVariable("P3EBPF_ALL_POINTS") is { Length: > 0 };
        for (int i = 1; i <= calls; i++)
            if (all || i > calls - Pins || i % Step == 1)
                yield return ("bpf", i);
    }

    private static string[] Names(string directory) => Directory.Exists(directory)
        ? [.. Directory.GetFiles(directory).Select(path => Path.GetFileName(path)!).OrderBy(name => Array.IndexOf(PinnedInOrder, name))]
        : [];

    /// <summary>A shell makes what it runs in the background, perhaps these tests, ignore interrupts.</summary>
    private static CliResult Traced(IEnumerable<string> options, string directory) => Cli.Execute(
        ["env", "--default-signal=INT,HUP,TERM", "strace", "-f", "-qq", .. options, .. Cli.Words("load", "--pin-dir", directory)]);

    private static void Unload(string directory)
    {
        CliResult result = Cli.Run("unload", "--pin-dir", directory);
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        Directory.Exists(directory).Should().BeFalse();
    }

    private static void RequireStrace()
    {
        Requires.Program("strace");
        Assert.SkipUnless(Cli.Execute(["strace", "-o", "/dev/null", "true"]).ExitCode == 0, "Processes may not be traced here.");
    }
}
