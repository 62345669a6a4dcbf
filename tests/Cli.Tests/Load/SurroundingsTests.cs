namespace P3Ebpf.Cli.Tests.Load;

/// <summary>Where something is missing that loading needs, one message says what, and nothing is left.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class SurroundingsTests
{
    private static readonly string[] Nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];

    private static CliResult Load(string directory, params string[] through) => Cli.Execute([.. through, .. Cli.Words("load", "--pin-dir", directory)]);

    /// <summary>The exit code, the message, what there is to do; and nothing pinned.</summary>
    private static void Refused(CliResult result, int exitCode, string message, string hint, PrivateBpfFs bpffs)
    {
        result.ExitCode.Should().Be(exitCode, result.ToString());
        result.Output.Should().BeEmpty();
        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(2, result.ToString());
        lines[0].Should().StartWith("p3ebpf: ").And.Contain(message);
        lines[1].Should().StartWith("hint: ").And.Contain(hint);
        bpffs.Entries.Should().BeEmpty();
    }

    [Fact]
    public void Without_privilege()
    {
        Requires.Root();
        Requires.Program("setpriv");
        Assert.SkipUnless(File.Exists("/proc/sys/kernel/unprivileged_bpf_disabled") && File.ReadAllText("/proc/sys/kernel/unprivileged_bpf_disabled").Trim() != "0", "This kernel lets everybody load.");
        using var bpffs = new PrivateBpfFs();
        // The directory of the bpffs is root's; that of the pins is where it stops.
        CliResult result = Cli.Execute([.. Nobody, .. Cli.Words("load", "--no-attach")]);
        Refused(result, ExitCode.NotPermittedOrSupported, "EPERM", "CAP_BPF", bpffs);
    }

    [Fact]
    public void With_the_two_capabilities_that_it_takes()
    {
        Requires.Kernel("5.8", "CAP_BPF");
        Requires.Root();
        Requires.Program("setpriv");
        CliResult result = Cli.Execute(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=-all,+bpf,+perfmon", .. Cli.Words("load", "--no-attach")]);
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().StartWith("loaded sched_lottery");
    }

    [Fact]
    public void In_a_user_namespace()
    {
        Requires.Root();
        Requires.Program("unshare");
        using var bpffs = new PrivateBpfFs();
        Assert.SkipUnless(Cli.Execute(["unshare", "--user", "--map-root-user", "true"]).ExitCode == 0, "There are no user namespaces here.");
        Refused(Load(bpffs["all"], "unshare", "--user", "--map-root-user"), ExitCode.NotPermittedOrSupported, "EPERM", "Root alone is not enough here", bpffs);
    }

    [Fact]
    public void Where_the_bpffs_is_read_only()
    {
        Requires.Root();
        Requires.Program("mount");
        using var bpffs = new PrivateBpfFs();
        Cli.Execute(["mount", "-o", "remount,ro", bpffs.Root]).ExitCode.Should().Be(0);
        CliResult result = Load(bpffs["one/two"]);
        Cli.Execute(["mount", "-o", "remount,rw", bpffs.Root]).ExitCode.Should().Be(0);
        result.ExitCode.Should().Be(ExitCode.Failed, result.ToString());
        result.Error.Should().StartWith("p3ebpf: ").And.Contain("Read-only file system").And.Contain(bpffs["one"]);
        bpffs.Entries.Should().BeEmpty();
    }

    [Fact]
    public void Without_sysfs()
    {
        Requires.Root();
        Requires.Program("unshare");
        using var bpffs = new PrivateBpfFs();
        Refused(
            Load(bpffs["all"], "unshare", "--mount", "sh", "-c", "umount -R -l /sys; exec \"$@\"", "sh"),
            ExitCode.NotPermittedOrSupported, "BTF", "no sysfs is mounted on /sys", bpffs);
    }

    [Fact]
    public void Without_procfs()
    {
        Requires.Root();
        Requires.Program("unshare");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("P3EBPF_NATIVE_TOOL") is { Length: > 0 }, "The runtime itself needs /proc; the native tool does not.");
        using var bpffs = new PrivateBpfFs();
        CliResult result = Load(bpffs["all"], "unshare", "--mount", "sh", "-c", "umount -R -l /proc; exec \"$@\"", "sh");
        Refused(result, ExitCode.Failed, "/proc/", "No procfs is mounted on /proc", bpffs);
    }

    [Fact]
    public void With_too_few_descriptors()
    {
        Requires.Kernel("5.15", "links of tracepoints");
        Requires.Root();
        Requires.Program("prlimit");
        using var bpffs = new PrivateBpfFs();
        int refused = 0;

        // From where the runtime itself cannot start to where there are enough; the runtime has some sixty files of its own open.
        for (int descriptors = 76; descriptors >= 56; descriptors--)
        {
            CliResult result = Load(bpffs["all"], "prlimit", $"--nofile={descriptors}:{descriptors}");
            if (result.ExitCode == ExitCode.Done)
            {
                Cli.Run("unload", "--pin-dir", bpffs["all"]).ExitCode.Should().Be(ExitCode.Done);
                continue;
            }

            bpffs.Entries.Should().BeEmpty(result.ToString());
            if (result.ExitCode != ExitCode.Failed)
                continue; // the runtime gave up before the tool began, or while it loaded a library
            refused++;
            result.Error.Should().StartWith("p3ebpf: ").And.MatchRegex("EMFILE|Too many open files", result.ToString());
        }

        if (Environment.GetEnvironmentVariable("P3EBPF_NATIVE_TOOL") is not { Length: > 0 })
            refused.Should().BePositive("some limit lies between starting and having loaded");
    }

    [Fact]
    public void With_too_little_address_space()
    {
        Requires.Root();
        Requires.Program("prlimit");
        using var bpffs = new PrivateBpfFs();
        string megabyte = (1L << 20).ToString(System.Globalization.CultureInfo.InvariantCulture);
        foreach (int size in (int[])[3000, 1500, 700, 400, 200])
        {
            // The runtime reserves more than anybody has, unless it is told how much it may use.
            CliResult result = Cli.Execute(
                ["prlimit", $"--as={size * long.Parse(megabyte, System.Globalization.CultureInfo.InvariantCulture)}", .. Cli.Words("load", "--pin-dir", bpffs["all"])],
                new Dictionary<string, string?> { ["DOTNET_GCHeapHardLimit"] = "0x4000000" });
            if (result.ExitCode == ExitCode.Done)
                Cli.Run("unload", "--pin-dir", bpffs["all"]).ExitCode.Should().Be(ExitCode.Done);
            bpffs.Entries.Should().BeEmpty(result.ToString());
        }
    }
}
