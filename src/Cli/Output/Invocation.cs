using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace P3Ebpf.Cli.Output;

/// <summary>One run of a command: where its data and its messages go, and whether it is to end early.</summary>
internal sealed class Invocation : IDisposable
{
    private const int BufferSize = 1 << 16;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Not given back when a command ends: a signal that is on its way then would make a failure of what was done.</summary>
    private static readonly List<PosixSignalRegistration> Signals = [];

    private readonly Stream _standardOutput = Console.OpenStandardOutput();
    private readonly CancellationTokenSource _interrupted = new();

    /// <summary>Starts a run; from here on signals end it in an orderly way, a second one at once.</summary>
    /// <param name="wantsJson">Whether standard output gets one JSON document instead of text.</param>
    public Invocation(bool wantsJson)
    {
        WantsJson = wantsJson;
        Output = new LineWriter(_standardOutput, BufferSize);
        if (!OperatingSystem.IsWindows())
            Signals.AddRange(TakeSignals());
    }

    /// <summary>Whether standard output gets one JSON document instead of text.</summary>
    public bool WantsJson { get; }

    /// <summary>Standard output, for text.</summary>
    public LineWriter Output { get; }

    /// <summary>Standard error, for everything else.</summary>
    public LineWriter Messages { get; } = new(Console.OpenStandardError(), bufferSize: 0);

    /// <summary>Set by SIGINT, SIGTERM and SIGHUP.</summary>
    public CancellationToken Interrupted => _interrupted.Token;

    /// <summary>Whether somebody looks at standard output who can be shown a picture that changes.</summary>
    public bool IsLive => !WantsJson && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>The exit code of a command that did what it should, until it was told to stop or by itself.</summary>
    public int ExitCode => Interrupted.IsCancellationRequested ? Cli.Output.ExitCode.Interrupted : Cli.Output.ExitCode.Done;

    /// <summary>Says on a terminal what is being done, if it takes long, until the result is disposed.</summary>
    /// <param name="text">What is being done, without a full stop.</param>
    public Progress Begin(string text) => new(Messages, !Console.IsErrorRedirected, text);

    /// <summary>Tells the user something that is not data.</summary>
    public void Note(string text) => Messages.WriteLine(text);

    /// <summary>Writes the document that is the command's answer.</summary>
    public void Write<T>(T document, JsonTypeInfo<T> type)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Readable))
            JsonSerializer.Serialize(writer, document, type);
        Output.WriteLines(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    /// <summary>Writes the document that is the command's answer on one line, as the last of several.</summary>
    public void WriteOnOneLine<T>(T document, JsonTypeInfo<T> type)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Readable with { Indented = false }))
            JsonSerializer.Serialize(writer, document, type);
        Output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    /// <summary>Has a printer write its text, UTF-8 with names that have no line feeds and tabs, to standard output. Not to be mixed with <see cref="Output"/>.</summary>
    public void Write(Action<Stream> print)
    {
        using var stream = new PrintableStream(_standardOutput);
        print(stream);
    }

    /// <summary>Tells of a failure in the form that was asked for.</summary>
    /// <returns>The exit code.</returns>
    public int Report(Failure failure)
    {
        if (WantsJson)
        {
            Write(new ErrorDocument(ErrorInfo.From(failure)), OutputJson.Default.ErrorDocument);
            return failure.ExitCode;
        }

        Note($"p3ebpf: {failure.Message}");
        foreach (string line in failure.Details)
            Note($"    {line.Replace('\t', ' ')}");
        if (failure.Hint is { } hint)
            Note(hint.StartsWith("usage: ", StringComparison.Ordinal) ? hint : $"hint: {hint}");
        return failure.ExitCode;
    }

    /// <summary>Waits, at most until interrupted.</summary>
    /// <param name="duration">How long; for ever if null.</param>
    public void Wait(TimeSpan? duration) => _ = Interrupted.WaitHandle.WaitOne(duration ?? Timeout.InfiniteTimeSpan);

    /// <inheritdoc/>
    public void Dispose()
    {
        Output.Dispose();
        Messages.Dispose();
        _interrupted.Dispose();
    }

    private PosixSignalRegistration[] TakeSignals()
    {
        try
        {
            return [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Interrupt))];
        }
        catch (TypeInitializationException e) when (e.InnerException is IOException)
        {
            // The runtime has no descriptors left for signals; neither has the command for its work, which will say so.
            return [];
        }
    }

    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = !_interrupted.IsCancellationRequested;
        try
        {
            _interrupted.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The command has ended while the signal was on its way; there is nothing left to end.
        }
    }
}
