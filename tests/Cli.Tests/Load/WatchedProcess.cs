using System.Diagnostics;
using System.Globalization;

namespace P3Ebpf.Cli.Tests.Load;

/// <summary>A process that makes system calls all the time, and <c>p3ebpf load</c> of records.bpf.o, which watches it.</summary>
internal sealed class WatchedProcess : IDisposable
{
    public const string Records = "testdata/bpf/records.bpf.o";
    private const int SignalInterrupt = 2;

    private readonly Process _process = Cli.Start(["sh", "-c", "while :; do sleep 0.01; done"]);

    public string Id => _process.Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Loads one program, reads lines until enough satisfy a condition, and interrupts it.</summary>
    /// <returns>All that it wrote.</returns>
    public CliResult Load(string program, int count, Func<string, bool> isWanted, params IEnumerable<string> options)
    {
        // A shell makes what it runs in the background, perhaps these tests, ignore interrupts.
        using Process load = Cli.Start(["env", "--default-signal=INT", .. Cli.Words(["load", Records, "--prog", program, "--var", $"watched={Id}", .. options])]);
        load.StandardInput.Close();
        Task<string> error = load.StandardError.ReadToEndAsync();
        using var limit = new Timer(_ => load.Kill(), null, TimeSpan.FromMinutes(2), Timeout.InfiniteTimeSpan);
        var lines = new List<string>();
        int found = 0;
        while (found < count && load.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
            found += isWanted(line) ? 1 : 0;
        }

        if (!load.HasExited)
            Cli.Execute(["sh", "-c", $"kill -{SignalInterrupt} {load.Id}"]);
        lines.AddRange(load.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        load.WaitForExit();
        return new CliResult(load.ExitCode, string.Join('\n', lines), error.Result);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
