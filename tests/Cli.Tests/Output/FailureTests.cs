using System.Text.Json;

namespace P3Ebpf.Cli.Tests.Output;

/// <summary>Each failure gives one message with a hint, in text and as JSON, the right exit code, and leaves nothing behind.</summary>
public sealed class FailureTests
{
    /// <summary>Arguments, exit code, code, part of the message, part of the hint. PIN is a path in a bpffs.</summary>
    public static TheoryData<string, int, string, string, string> WithoutKernel => new()
    {
        { "load no/such/file.bpf.o", 1, "not-found", "no/such/file.bpf.o: no such file", "a BPF object" },
        { "load bpf", 1, "not-found", "bpf is a directory", "Name the file" },
        { "load bpf/bpf.h", 1, "bad-elf", "bpf/bpf.h: offset 0x0: this is not an ELF file", "clang -target bpf" },
        { "load testdata/bpf/no_btf.bpf.o", 1, "bad-object", "testdata/bpf/no_btf.bpf.o: it has maps", "-g" },
        { "load --btf TRUNCATED", 1, "bad-btf", "truncated: the header promises", "btf-inspect check" },
        { "load --btf bpf/bpf.h", 1, "bad-btf", "bpf/bpf.h: ", "btf-inspect check" },
        { "load --prog nobody", 1, "not-found", "no program 'nobody'; there is handle_sched_switch", "Choose" },
        { "load --map-pin x --map nothing", 1, "not-found", "no map 'nothing'; there is .rodata, task_map", "Choose" },
        { "load --prog-pin /tmp/no/bpffs", 1, "kernel-refused", "Pinning an object at /tmp/no/bpffs failed: EINVAL", "/tmp is not in a bpffs" },
        { "tickets 4194305 1 --map-pin x", 1, "no-such-task", "no task with the id 4194305", "watch" },
        { "unload --map-pin /tmp/no/pin", 1, "kernel-refused", "Unpinning /tmp/no/pin failed: ENOENT", "Nothing is pinned there" },
        { "unload --pin-dir /tmp/no/dir", 1, "not-found", "/tmp/no/dir: no such directory", "--pin-dir" },
        { "laod", 2, "usage", "'laod'", "usage: p3ebpf COMMAND" },
        { "load a.bpf.o --obj b.bpf.o", 2, "usage", "given twice", "usage: p3ebpf load [OBJECT] [options]" },
        { "load --duration soon", 2, "usage", "not 'soon'", "usage: p3ebpf load" },
        { "load --duration 0", 2, "usage", "not '0'", "usage: p3ebpf load" },
        { "load --tracepoint sched_switch", 2, "usage", "CATEGORY/NAME", "usage: p3ebpf load" },
        { "load --map task_map", 2, "usage", "no --map-pin", "usage: p3ebpf load" },
        { "load --no-attach --link-pin x", 2, "usage", "--no-attach makes none", "usage: p3ebpf load" },
        { "load --pin-dir x --map-pin y", 2, "usage", "--pin-dir pins everything", "usage: p3ebpf load" },
        { "load testdata/bpf/missing_field.bpf.o --prog-pin x", 2, "usage", "choose one with --prog (unguarded, guarded)", "usage: p3ebpf load" },
        { "load testdata/bpf/globals.bpf.o --map-pin x", 2, "usage", "choose one with --map (inner, outer, numbers", "usage: p3ebpf load" },
        { "load testdata/bpf/globals.bpf.o --prog compute --link-pin x", 2, "usage", "SEC(\"socket\") does not say where", "usage: p3ebpf load" },
        { "load testdata/bpf/globals.bpf.o --prog compute --tracepoint a/b", 2, "usage", "of type socket_filter", "usage: p3ebpf load" },
        { "watch", 2, "usage", "--map-pin", "usage: p3ebpf watch" },
        { "tickets 1 many --map-pin x", 2, "usage", "not 'many'", "usage: p3ebpf tickets PID N [options]" },
        { "tickets 0 1 --map-pin x", 2, "usage", "from 1 to 4294967295", "usage: p3ebpf tickets" },
        { "unload", 2, "usage", "Nothing to unload", "usage: p3ebpf unload" },
    };

    public static TheoryData<string, int, string, string, string> WithKernel => new()
    {
        { "load --map-pin TAKEN --prog-pin PIN", 1, "kernel-refused", "taken failed: EEXIST", "pinned there already" },
        { "load --map-pin PIN/with.dot", 1, "kernel-refused", "EINVAL", "may not contain a dot" },
        { "load --map-pin PIN --tracepoint sched/sched_swich", 1, "kernel-refused", "Finding tracepoint sched/sched_swich failed: ENOENT", "sched_switch" },
        { "load testdata/bpf/no_such_tracepoint.bpf.o --pin-dir PIN", 1, "kernel-refused", "tracepoint sched/no_such_event", "no such tracepoint in 'sched'" },
        { "load testdata/bpf/rejected.bpf.o --pin-dir PIN", 1, "verifier-rejected", "rejected.bpf.c:18 in unchecked_lookup: return *count;", "compare it with NULL" },
        { "load testdata/bpf/missing_field.bpf.o --pin-dir PIN", 1, "verifier-rejected", "reaches the CO-RE relocation struct task_struct.static_priority", "struct task_struct has static_prio" },
        { "watch --map-pin PIN", 1, "kernel-refused", "ENOENT", "Nothing is pinned there" },
        { "watch --map-pin OTHER", 1, "wrong-map", "it is of type array with keys of 4 and values of 4 bytes", "sched_lottery" },
        { "tickets 1 1 --map-pin OTHER", 1, "wrong-map", "no map of tasks", "sched_lottery" },
    };

    [Theory]
    [MemberData(nameof(WithoutKernel))]
    public void Fails_clearly(string arguments, int exitCode, string code, string message, string hint)
    {
        string truncated = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(truncated, TestData.Btf("mod-6.12.117-amd64.bridge")[..1000]);
            Check(arguments.Replace("TRUNCATED", truncated, StringComparison.Ordinal).Split(' '), exitCode, code, message, hint);
        }
        finally
        {
            File.Delete(truncated);
        }
    }

    [Theory]
    [MemberData(nameof(WithKernel))]
    public void Fails_clearly_and_leaves_nothing_behind(string arguments, int exitCode, string code, string message, string hint)
    {
        using var bpffs = new PrivateBpfFs();
        using (BpfMap map = BpfMap.Create(new BpfMapSpec("other") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 }))
            map.Pin(bpffs["taken"]);
        string[] before = [.. bpffs.Entries];

        string[] words = arguments
            .Replace("PIN", bpffs["pin"], StringComparison.Ordinal)
            .Replace("TAKEN", bpffs["taken"], StringComparison.Ordinal)
            .Replace("OTHER", bpffs["taken"], StringComparison.Ordinal)
            .Split(' ');
        Check(words, exitCode, code, message, hint);
        bpffs.Entries.Should().Equal(before);
    }

    [Fact]
    public void Without_privileges_loading_is_not_permitted()
    {
        Requires.Root();
        Requires.Program("setpriv");
        string[] asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", .. Cli.Words()];
        Assert.SkipUnless(Cli.Execute([.. asNobody, "--version"]).ExitCode == 0, "Nobody may not read the tool here.");

        CliResult text = Cli.Execute([.. asNobody, "load", "--duration", "1"]);
        text.ExitCode.Should().Be(ExitCode.NotPermittedOrSupported, text.ToString());
        text.Output.Should().BeEmpty();
        text.Error.Should().MatchRegex(@"^p3ebpf: .*(EPERM|EACCES).*\nhint: .*root");

        CliResult json = Cli.Execute([.. asNobody, "load", "--json"]);
        json.ExitCode.Should().Be(ExitCode.NotPermittedOrSupported, json.ToString());
        JsonDocument.Parse(json.Output).RootElement.GetProperty("error").GetProperty("code").GetString().Should().Be("not-permitted");
    }

    private static void Check(string[] arguments, int exitCode, string code, string message, string hint)
    {
        CliResult text = Cli.Run(arguments);
        text.ExitCode.Should().Be(exitCode, text.ToString());
        text.Output.Should().BeEmpty();
        text.Error.Should().StartWith("p3ebpf: ").And.Contain(message);
        text.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Should().MatchRegex("^(hint|usage): ").And.Contain(hint);

        JsonElement error = Cli.RunForJson(exitCode, arguments).GetProperty("error");
        error.GetProperty("code").GetString().Should().Be(code);
        error.GetProperty("message").GetString().Should().Contain(message);
        error.GetProperty("hint").GetString().Should().Contain(hint);
        error.GetProperty("errno").GetString().Should().Match(errno => errno == null || errno.StartsWith('E'));
    }
}
