using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace P3Ebpf.Cli.Tests;

/// <summary>A process that computes for a moment whenever it is told to, and sleeps in between.</summary>
/// <param name="name">What it calls itself, as printf takes it; its program's name if not given.</param>
internal sealed partial class Worker(string? name = null) : IDisposable
{
    private const string Script = "while read line; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $line; done";

    private readonly Process _process = Cli.Start(["sh", "-c", name is null ? Script : $"printf '{name}' > /proc/$$/comm; {Script}"]);

    public int Id => _process.Id;

    /// <summary>Lets it compute so many times; it sleeps again when this returns.</summary>
    public void Work(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _process.StandardInput.WriteLine("work");
            _process.StandardInput.Flush();
            _process.StandardOutput.ReadLine().Should().Be("work");
        }

        SpinWait.SpinUntil(() => State == 'S', TimeSpan.FromMinutes(1)).Should().BeTrue("it waits for work");
    }

    /// <summary>Has it work while something else is done.</summary>
    public CliResult WorkDuring(Func<CliResult> act)
    {
        Work(1);
        using var done = new CancellationTokenSource();
        Task working = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                Work(1);
        });
        try
        {
            return act();
        }
        finally
        {
            done.Cancel();
            working.GetAwaiter().GetResult();
        }
    }

    /// <summary>Whatever it inherited; 19 is everybody's to set.</summary>
    public void SetNiceValue(int value) => SetPriority(0, Id, value).Should().Be(0);

    /// <summary>Its context switches and its nanoseconds on a processor, by /proc.</summary>
    public (ulong Switches, ulong Nanoseconds) KernelCounts()
    {
        string schedstat = $"/proc/{Id}/schedstat";
        Requires.Path(schedstat, "This kernel does not keep schedstat (CONFIG_SCHED_INFO).");
        ulong switches = File.ReadLines($"/proc/{Id}/status").Where(line => line.Contains("ctxt_switches", StringComparison.Ordinal))
            .Aggregate(0UL, (sum, line) => sum + Number(line.Split(':')[1]));
        return (switches, Number(File.ReadAllText(schedstat).Split(' ')[0]));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private char State
    {
        get
        {
            string stat = File.ReadAllText($"/proc/{Id}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
    }

    private static ulong Number(string text) => ulong.Parse(text.Trim(), CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int id, int value);
}
