using System.Text;
using System.Text.Json;

namespace P3Ebpf.Cli.Load.Records;

/// <summary>Prints records, one a line, from whichever thread they come.</summary>
internal sealed class RecordWriter(Invocation invocation)
{
    private static readonly JsonWriterOptions Line = new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _gate = new();

    /// <summary>Prints a record of a buffer.</summary>
    /// <param name="source">The map.</param>
    /// <param name="kind">The kind of source: <c>ring_buffer</c>, <c>perf_buffer</c>.</param>
    /// <param name="cpu">The CPU that it comes from, where that is known.</param>
    /// <param name="decoder">What the bytes mean.</param>
    /// <param name="record">The bytes.</param>
    public void Write(string source, string kind, int? cpu, RecordDecoder decoder, ReadOnlySpan<byte> record)
    {
        if (!invocation.WantsJson)
        {
            string text = decoder.Text(record);
            lock (_gate)
                invocation.Output.WriteLine($"{source}: {text}");
            return;
        }

        BtfType? type = decoder.TypeOf(record.Length);
        byte[] bytes = record.ToArray();
        WriteJson(source, kind, json =>
        {
            if (cpu is { } number)
                json.WriteNumber("cpu", number);
            if (type is { } known)
            {
                json.WriteString("type", $"struct {known.Name}");
                json.WritePropertyName("value");
                json.WriteRawValue(BtfValueFormatter.Format(known, bytes, BtfValueStyle.Json), skipInputValidation: true);
            }
            else
            {
                json.WriteString("bytes", Convert.ToHexStringLower(bytes));
            }
        });
    }

    /// <summary>Prints a line that a program wrote itself.</summary>
    /// <param name="source">The program, or <c>trace_pipe</c>.</param>
    /// <param name="kind">The kind of source: <c>iterator</c>, <c>trace_pipe</c>.</param>
    /// <param name="text">The line.</param>
    /// <param name="context">Who wrote it, where that is known.</param>
    public void Write(string source, string kind, string text, string? context = null)
    {
        if (invocation.WantsJson)
        {
            WriteJson(source, kind, json =>
            {
                if (context is not null)
                    json.WriteString("context", context);
                json.WriteString("text", text);
            });
            return;
        }

        lock (_gate)
            invocation.Output.WriteLine(context is null ? text : $"{context}: {text}");
    }

    public void Note(string text)
    {
        lock (_gate)
            invocation.Note(text);
    }

    /// <summary>Lets readers see what was printed.</summary>
    public void Flush()
    {
        lock (_gate)
            invocation.Output.Flush();
    }

    private void WriteJson(string source, string kind, Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Line))
        {
            json.WriteStartObject();
            json.WriteString("source", source);
            json.WriteString("kind", kind);
            members(json);
            json.WriteEndObject();
        }

        string line = Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        lock (_gate)
            invocation.Output.WriteLine(line);
    }
}
