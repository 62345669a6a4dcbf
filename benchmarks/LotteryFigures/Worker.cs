using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LotteryFigures;

/// <summary>A process that does nothing of use, and is measured while it does.</summary>
internal sealed partial class Worker : IDisposable
{
    private const int SignalKill = 9;
    private const int SignalContinue = 18;
    private const string Forever = "while :; do :; done";

    private readonly Process _process;
    private readonly bool _hasGroup;

    private Worker(bool hasGroup, params IEnumerable<string> words)
    {
        // Not a real-time task, though this one is.
        string[] all = ["chrt", "-o", "0", .. words];
        _hasGroup = hasGroup;
        _process = Process.Start(new ProcessStartInfo(all[0], all[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>How to run this program, compiled to machine code or not.</summary>
    private static string[] ThisProgram => Path.GetFileName(Environment.ProcessPath) == "dotnet" ? ["dotnet", Environment.GetCommandLineArgs()[0]] : [Environment.ProcessPath!];

    /// <summary>The processors of the machine, and not those that this program keeps to.</summary>
    public static string AllProcessors => File.ReadAllText("/sys/devices/system/cpu/online").Trim();

    public int Id => _process.Id;

    /// <summary>Nanoseconds on a processor, by the kernel's own account.</summary>
    public ulong Time => TimeOf(Id);

    /// <summary>The tasks of <see cref="SpinMany"/>.</summary>
    public IReadOnlyList<int> Children =>
        [.. File.ReadAllText($"/proc/{Id}/task/{Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    /// <summary>Computes without end.</summary>
    /// <param name="processor">On which processor.</param>
    /// <param name="group">The directory of its cgroup, if not the root.</param>
    public static Worker Spin(int processor, string? group = null)
    {
        var worker = new Worker(false, "taskset", "-c", Number(processor), "sh", "-c", Forever);
        if (group is not null)
            File.WriteAllText(Path.Combine(group, "cgroup.procs"), Number(worker.Id));
        return worker;
    }

    /// <summary>Computes without end, on any processor.</summary>
    public static Worker SpinAnywhere() => new(false, "taskset", "-c", AllProcessors, "sh", "-c", Forever);

    /// <summary>So many tasks that compute without end once they are let go, on any processor.</summary>
    public static Worker SpinMany(int count)
    {
        var worker = new Worker(true, "taskset", "-c", AllProcessors, "setsid", "sh", "-c",
            $"i=0; while [ $i -lt {count} ]; do {Forever} & kill -STOP $!; i=$((i+1)); done; echo ready; wait");
        _ = worker._process.StandardOutput.ReadLine();
        return worker;
    }

    /// <summary>Computes for a while and then sleeps for a moment, again and again.</summary>
    public static Worker Interrupted(int processor, int microseconds)
    {
        var worker = new Worker(false, ["taskset", "-c", Number(processor), .. ThisProgram, "work", "interrupted", Number(microseconds)]);
        _ = worker._process.StandardOutput.ReadLine();
        return worker;
    }

    /// <summary>Two processes that send a byte to and fro over pipes, on any processor, for so long.</summary>
    /// <returns>Context switches a second: two for each time there and back.</returns>
    public static double SwitchesPerSecond(TimeSpan time)
    {
        using var worker = new Worker(false,
            ["taskset", "-c", AllProcessors, .. ThisProgram, "work", "pipe", time.TotalSeconds.ToString(CultureInfo.InvariantCulture)]);
        return double.Parse(worker._process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc cref="Time"/>
    public static ulong TimeOf(int task) => ulong.Parse(File.ReadAllText($"/proc/{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Lets the tasks of <see cref="SpinMany"/> go.</summary>
    /// <remarks>All at once: what they would wait for together, such as a pipe, they would get one after the other, each when it has won.</remarks>
    public void Begin() => _ = Kill(-Id, SignalContinue);

    /// <summary>What a worker does in its own process.</summary>
    public static int Run(string[] work)
    {
        switch (work)
        {
            case ["interrupted", string microseconds]:
                Interrupt(long.Parse(microseconds, CultureInfo.InvariantCulture) * 1000);
                return 0;
            case ["pipe", string seconds]:
                Console.WriteLine(SendToAndFro(double.Parse(seconds, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
                return 0;
            default:
                return 2;
        }
    }

    public void Dispose()
    {
        try
        {
            if (_hasGroup)
                _ = Kill(-Id, SignalKill);
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private static void Interrupt(long nanoseconds)
    {
        _ = ProcessorTime();
        _ = Sleep(50);
        Console.WriteLine("ready");
        while (true)
        {
            for (long end = ProcessorTime() + nanoseconds; ProcessorTime() < end;)
                ;
            _ = Sleep(50);
        }
    }

    private static double SendToAndFro(double seconds)
    {
        Span<byte> token = [1];
        using var other = new Process { StartInfo = new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true } };
        other.Start();
        Stream there = other.StandardInput.BaseStream;
        Stream back = other.StandardOutput.BaseStream;
        var watch = Stopwatch.StartNew();
        double start = 0;
        long rounds = 0;
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            there.Write(token);
            there.Flush();
            _ = back.Read(token);
            if (++rounds == 200)
                start = watch.Elapsed.TotalSeconds; // what came before was to get warm
        }

        double elapsed = watch.Elapsed.TotalSeconds - start;
        other.Kill();
        return 2 * (rounds - 200) / elapsed;
    }

    private static unsafe long ProcessorTime()
    {
        const int ThreadProcessorTime = 3; // CLOCK_THREAD_CPUTIME_ID
        long* time = stackalloc long[2];
        _ = GetClock(ThreadProcessorTime, time);
        return (time[0] * 1_000_000_000) + time[1];
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static unsafe partial int GetClock(int clock, long* time);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
