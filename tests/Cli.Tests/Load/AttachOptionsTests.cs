using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace P3Ebpf.Cli.Tests.Load;

/// <summary>What section names leave open is said on the command line, and what is still open is told.</summary>
[KernelTests]
public sealed class AttachOptionsTests
{
    private const string Records = WatchedProcess.Records;

    [Fact]
    public void A_device_is_given_by_name()
    {
        Requires.Kernel("5.9", "links of XDP");
        PrivateNamespace.WithNetwork(() =>
        {
            CliResult result = Cli.Run("load", Records, "--prog", "pass", "--dev", "lo", "--duration", "0.1");
            result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
            result.Error.Should().Contain("attached to Xdp of a network device (lo)");
            result.Output.Should().Contain("sent = 0");
        });
    }

    [Fact]
    public void A_direction_is_given_by_a_section_name()
    {
        Requires.Kernel("6.6", "tcx");
        PrivateNamespace.WithNetwork(() =>
        {
            JsonElement document = Cli.RunForJson(0, "load", Records, "--prog", "classify", "--dev", "lo", "--attach", "classify=tcx/egress", "--duration", "0.1");
            document.GetProperty("links")[0].GetProperty("type").GetString().Should().Be("tcx");
        });
    }

    [Fact]
    public void A_control_group_is_given_by_its_directory()
    {
        Requires.Kernel("5.7", "links of control groups");
        using var group = new PrivateCgroup();
        CliResult result = Cli.Run("load", Records, "--prog", "admit", "--cgroup", group.Root, "--duration", "0.1");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain($"({group.Root})");
    }

    [Fact]
    public void A_function_of_another_program_is_given_by_its_pin()
    {
        Requires.Kernel("5.13", "the helpers of the objects");
        using var bpffs = new PrivateBpfFs();
        Cli.Run("load", "testdata/bpf/globals.bpf.o", "--prog", "compute", "--prog-pin", bpffs["compute"]).ExitCode.Should().Be(0);
        CliResult result = Cli.Run("load", Records, "--prog", "replacement", "--attach", $"replacement={bpffs["compute"]}:times", "--duration", "0.1");
        Assert.SkipWhen(result.Error.Contains("EPERM", StringComparison.Ordinal), "Trampolines are forbidden here.");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain("attached to freplace times");

        Cli.Run("load", Records, "--prog", "replacement", "--attach", $"replacement={bpffs["compute"]}:tims").Error.Should().Contain("has no function 'tims'").And.Contain("times");
    }

    [Theory]
    [InlineData("sections", "uprobe", "uprobe/{0}:work", "hits_uprobe = 2")]
    [InlineData("sections", "uprobe_multi", "uprobe.multi/{0}:wo*k", "hits_uprobe_multi = 2")]
    [InlineData("usdt", "usdt", "usdt/{0}:p3sample:step", "hits_usdt = 3")]
    public void A_function_and_the_process_that_is_watched_are_given(string name, string program, string place, string counted)
    {
        Requires.Kernel(program == "uprobe_multi" ? "6.6" : "5.15", "links of probes");
        Requires.Path("/sys/bus/event_source/devices/uprobe/type", "This kernel was built without uprobes.");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "The program to be probed is built for x86-64.");
        string binary = TestData.PathOf("testdata/elf/probes.pie");
        using Process watched = Cli.Start(["sh", "-c", $"read line; exec {binary}"]);
        string where = string.Format(CultureInfo.InvariantCulture, place, binary);
        string[] words = ["load", $"testdata/bpf/sections/{name}.bpf.o", "--prog", program, "--attach", $"{program}={where}", "--pid", $"{watched.Id}"];
        using Process load = Cli.Start(["env", "--default-signal=INT", .. Cli.Words(words)]);
        load.StandardError.ReadLine().Should().Contain($"attached to {place.Split('/')[0]}").And.Contain($"{binary}:");
        load.StandardError.ReadLine().Should().Contain("Ctrl-C");
        Cli.Execute([binary]).ExitCode.Should().Be(Cli.Finish(Release(watched)).ExitCode, "both ran to their end, and one is counted");
        Cli.Execute(["sh", "-c", $"kill -INT {load.Id}"]);
        CliResult result = Cli.Finish(load);
        result.ExitCode.Should().Be(ExitCode.Interrupted, result.ToString());
        result.Output.Split('\n').Should().Contain(counted);
    }

    private static Process Release(Process waiting)
    {
        waiting.StandardInput.WriteLine();
        waiting.StandardInput.Close();
        return waiting;
    }

    [Theory]
    [InlineData("pass", "--dev IFACE")]
    [InlineData("classify", "--dev IFACE --attach classify=tcx/ingress")]
    [InlineData("admit", "--cgroup PATH")]
    [InlineData("on_function", "--attach on_function=uprobe/BINARY:FUNCTION")]
    public void What_is_needed_to_attach_a_program_is_told(string program, string option)
    {
        Requires.Kernel("5.8", "the helpers of the object");
        CliResult result = Cli.Run("load", Records, "--prog", program);
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain($"note: program {program} is not attached:").And.Contain($": {option}.");
    }
}

/// <summary>What is wrong whatever the kernel.</summary>
public sealed class AttachOptionErrorTests
{
    [Theory]
    [InlineData("to_ring --dev lo", "--dev: no program of testdata/bpf/records.bpf.o that is loaded is attached to such a thing")]
    [InlineData("pass --pid 1", "--pid: no program")]
    [InlineData("to_ring --attach to_ring=kprobe/do_exit", "is of type raw_tracepoint, as SEC(\"raw_tp/sys_enter\") says, and 'kprobe/do_exit' takes kprobe")]
    [InlineData("to_ring --attach to_ring", "--attach takes PROG=WHERE")]
    [InlineData("to_ring --attach to_ring=nonsense/x", "'nonsense/x' is no section name that loaders know")]
    [InlineData("replacement", "name it with --attach replacement=PIN:FUNCTION")]
    [InlineData("to_ring --var watched=-1", "--var watched: -1 is not within unsigned int, which goes from 0 to 4294967295.")]
    [InlineData("to_ring --var kind=KIND_SOME", "--var kind: 'KIND_SOME' is no value of enum kind; there is KIND_NONE, KIND_CALL.")]
    [InlineData("to_ring --var greeting=hello_hello_hello", "--var greeting: 'hello_hello_hello' has 17 bytes, and there is room for 12.")]
    [InlineData("to_ring --var pointer=1", "--var pointer: it is a pointer")]
    [InlineData("to_ring --var flag", "--var takes NAME=VALUE")]
    public void What_does_not_fit_is_refused(string arguments, string message)
    {
        CliResult result = Cli.Run(["load", WatchedProcess.Records, "--prog", .. arguments.Split(' ')]);
        result.ExitCode.Should().Be(ExitCode.Usage, result.ToString());
        result.Error.Should().Contain(message).And.Contain("usage: p3ebpf load");
    }

    [Fact]
    public void A_variable_that_does_not_exist_is_told_with_those_that_do()
    {
        CliResult result = Cli.Run("load", WatchedProcess.Records, "--var", "nobody=1");
        result.ExitCode.Should().Be(ExitCode.Failed);
        result.Error.Should().Contain("There is no variable 'nobody'").And.Contain("greeting");
    }

    [Theory]
    [InlineData("sk_lookup", "--netns", "/proc/self/ns/net", "attached to SkLookup of a network namespace (/proc/self/ns/net)")]
    [InlineData("perf_event", "--pid", "1", "attached to a perf event")]
    public void A_namespace_and_a_process_are_given_too(string program, string option, string value, string place)
    {
        Requires.Kernel("5.10", "links of network namespaces");
        string[] words = ["load", "testdata/bpf/sections/sections.bpf.o", "--prog", program, option, value, "--duration", "1"];
        CliResult result = Cli.Run(words);
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain(place);
        Cli.RunForJson(0, words).GetProperty("programs")[0].GetProperty("attached").GetBoolean().Should().BeTrue();
    }

    [Theory]
    [InlineData("sk_lookup", "--netns", "/nowhere", "network namespace /nowhere failed: ENOENT")]
    [InlineData("perf_event", "--pid", "99999999", "There is no process 99999999")]
    [InlineData("cgroup_sysctl", "--cgroup", "/etc", "not of a cgroup2 file system")]
    [InlineData("xdp", "--dev", "p3nodevice", "In this network namespace there is")]
    [InlineData("xdp", "--token", "/nowhere", "There is no such directory")]
    public void A_place_that_is_not_there_is_told(string program, string option, string value, string message)
    {
        Requires.Kernel("6.9", "tokens");
        CliResult result = Cli.Run("load", "testdata/bpf/sections/sections.bpf.o", "--prog", program, option, value);
        result.ExitCode.Should().BeOneOf(ExitCode.Failed, ExitCode.NotPermittedOrSupported);
        result.Error.Should().Contain(message);
    }
}
