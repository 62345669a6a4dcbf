using System.Diagnostics;
using System.Text.Json;

namespace P3Ebpf.MutationScore;

/// <summary>A <see cref="Worker"/>, from outside.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;

    public WorkerProcess(string mutated, string[] tests)
    {
        _process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["worker", mutated, .. tests])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // A mutant that allocates without end fails soon.
            Environment = { ["DOTNET_GCHeapHardLimit"] = "0x80000000" },
        })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public void Ask(Request request)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(request));
        _process.StandardInput.Flush();
    }

    /// <returns>The next answer; <see langword="null"/> when the process has ended.</returns>
    public Answer? Hear()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith(Worker.Mark, StringComparison.Ordinal))
                return JsonSerializer.Deserialize<Answer>(line.AsSpan(Worker.Mark.Length));
        }

        return null;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>What is asked of a <see cref="Worker"/>.</summary>
/// <param name="Mutant">The mutant to try; below 0, and then one less than the highest number negated, to ask for coverage.</param>
/// <param name="Tests">By which tests, in this order; <see langword="null"/> to list them.</param>
/// <param name="Thorough">Of a mutant, in a universe of its own; of coverage, twice.</param>
internal sealed record Request(int Mutant, TimedTest[]? Tests, bool Thorough = false);

/// <param name="Test">The test.</param>
/// <param name="Seconds">The processor time that it takes without a mutant, or may take.</param>
internal sealed record TimedTest(TestId Test, double Seconds);

internal enum AnswerKind
{
    Test,
    CoveredFirst,
    Covered,
    Done,
    Killed,
    TimedOut,
    Survived,
}

internal sealed record Answer(AnswerKind Kind, TestId? Test = null, string? Failure = null, double Seconds = 0, int[]? Reached = null);
