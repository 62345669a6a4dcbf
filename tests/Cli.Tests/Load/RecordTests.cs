using System.Globalization;
using System.Text.Json;
using P3Ebpf.Cli.Load.Records;

namespace P3Ebpf.Cli.Tests.Load;

/// <summary>What programs send is printed while they run, a record a line, and their variables and small maps at the end.</summary>
[KernelTests]
public sealed class RecordTests
{
    [Fact]
    public void A_ring_buffers_records_are_decoded_by_their_type()
    {
        Requires.Kernel("5.8", "ring buffers");
        using var watched = new WatchedProcess();
        CliResult result = watched.Load("to_ring", 3, line => line.StartsWith("events: {", StringComparison.Ordinal), "--var", "greeting=good day");

        result.ExitCode.Should().Be(ExitCode.Interrupted, result.ToString());
        string[] lines = result.Output.Split('\n');
        lines[0].Should().Be($"events: {{ pid = {watched.Id}, kind = KIND_CALL, number = 1, text = \"good day\" }}");
        lines[1].Should().Be($"events: {{ pid = {watched.Id}, kind = KIND_CALL, number = 2, text = \"good day\" }}");
        lines.Should().Contain("kind = KIND_CALL").And.Contain("greeting = \"good day\"").And.Contain("range = { low = -5, high = 5 }");
        ulong.Parse(lines.Single(line => line.StartsWith("sent = ", StringComparison.Ordinal))["sent = ".Length..], CultureInfo.InvariantCulture).Should().BeGreaterThanOrEqualTo(3);
        lines.Should().Contain(line => line.StartsWith($"last[{watched.Id}] = {{ pid = {watched.Id}, kind = KIND_CALL,", StringComparison.Ordinal));
        result.Error.Should().Contain("attached to raw tracepoint sys_enter");
    }

    [Fact]
    public void With_JSON_each_record_is_a_line_and_the_document_the_last()
    {
        Requires.Kernel("5.8", "ring buffers");
        using var watched = new WatchedProcess();
        CliResult result = watched.Load("to_ring", 2, line => line.StartsWith('{'), "--json");

        result.ExitCode.Should().Be(ExitCode.Interrupted, result.ToString());
        string[] lines = result.Output.Split('\n');
        JsonElement record = JsonDocument.Parse(lines[0]).RootElement;
        record.GetProperty("source").GetString().Should().Be("events");
        record.GetProperty("kind").GetString().Should().Be("ring_buffer");
        record.GetProperty("type").GetString().Should().Be("struct event");
        record.GetProperty("value").GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture).Should().Be(watched.Id);
        record.GetProperty("value").GetProperty("kind").GetString().Should().Be("KIND_CALL");
        JsonElement document = JsonDocument.Parse(lines[^1]).RootElement;
        document.EnumerateObject().First().Name.Should().Be("schema_version");
        document.GetProperty("programs")[0].GetProperty("attached").GetBoolean().Should().BeTrue();
        document.GetProperty("variables").GetProperty("range").GetProperty("high").GetInt32().Should().Be(5);
        document.GetProperty("entries").GetProperty("last")[0].GetProperty("value").GetProperty("text").GetString().Should().Be("hello");
        lines.Should().OnlyContain(line => JsonDocument.Parse(line, default).RootElement.ValueKind == JsonValueKind.Object);
    }

    [Fact]
    public void A_perf_buffers_records_are_decoded_too()
    {
        Requires.Kernel("5.8", "the helpers of the object");
        using var watched = new WatchedProcess();
        CliResult result = watched.Load("to_perf", 2, line => line.StartsWith("samples: {", StringComparison.Ordinal));
        result.ExitCode.Should().Be(ExitCode.Interrupted, result.ToString());
        result.Output.Should().Contain($"samples: {{ pid = {watched.Id}, kind = KIND_CALL, number = ");
    }

    [Fact]
    public void Records_of_an_unknown_type_are_shown_as_bytes()
    {
        Requires.Kernel("5.8", "ring buffers");
        using var watched = new WatchedProcess();
        CliResult result = watched.Load("to_ring_untyped", 1, line => line.StartsWith("events: ", StringComparison.Ordinal));
        result.Output.Split('\n')[0].Should().Be("events: 5 bytes: 61 0a 62 1b 63  |a.b.c|");
        result.Error.Split('\n').Should().ContainSingle(line => line.StartsWith("note: records of events are shown as bytes", StringComparison.Ordinal))
            .Which.Should().Contain("no struct of 5 bytes").And.Contain("const struct TYPE *unused");

        result = watched.Load("to_ring_untyped", 1, line => line.StartsWith('{'), "--json");
        JsonElement record = JsonDocument.Parse(result.Output.Split('\n')[0]).RootElement;
        record.GetProperty("bytes").GetString().Should().Be("610a621b63");
        record.TryGetProperty("type", out _).Should().BeFalse();
    }

    [Fact]
    public void Lines_of_trace_pipe_are_printed_though_tracefs_is_not_mounted()
    {
        Requires.Tracepoints();
        Requires.Kernel("5.8", "the helpers of the object");
        using IDisposable alone = Requires.Alone("trace_pipe");
        using var watched = new WatchedProcess();
        string message = $"call of {watched.Id}";
        CliResult result = watched.Load("to_trace", 1, line => line.EndsWith(message, StringComparison.Ordinal));
        result.ExitCode.Should().Be(ExitCode.Interrupted, result.ToString());
        result.Output.Split('\n').Should().Contain(line => line.Contains($"-{watched.Id} ", StringComparison.Ordinal) && line.EndsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public void An_iterator_is_walked_once()
    {
        Requires.Kernel("5.8", "iterators");
        CliResult result = Cli.Run("load", WatchedProcess.Records, "--prog", "walk");
        Assert.SkipWhen(result.Error.Contains("EPERM", StringComparison.Ordinal), "Iterators are forbidden here.");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Output.Split('\n').Should().Contain($"task {Environment.ProcessId}").And.HaveCountGreaterThan(2);
    }
}

/// <summary>What is shown of bytes that nothing describes.</summary>
public sealed class RecordBytesTests
{
    [Fact]
    public void Bytes_are_cut_where_a_line_ends()
    {
        RecordDecoder.Dump(new byte[64]).Should().StartWith("64 bytes: 00 00").And.EndWith("|................................................................|");
        RecordDecoder.Dump(new byte[65]).Should().Contain(" 00 …  |").And.EndWith(".…|");
        RecordDecoder.Dump([]).Should().Be("0 bytes:  ||");
    }
}
