using System.Diagnostics;
using System.Globalization;

namespace P3Ebpf.Benchmarks;

/// <summary>
/// Ours beside libbpf and bpftool on the same input in one run. Every figure is the median, over several processes, of the median of processor
/// time, so that it can be had on a machine that does other things too.
/// </summary>
internal static class Program
{
    private const int Processes = 3;
    private const string MeasureOnly = "--measure-once";

    /// <param name="arguments">Optionally the path of our tool, to compare it with bpftool.</param>
    private static void Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        _ = Libbpf.IsInstalled ? Libbpf.SetPrint(0) : 0;
        if (arguments is [MeasureOnly, ..])
        {
            MeasureOnce(arguments.Length > 1 ? arguments[1] : string.Empty);
            return;
        }

        string filter = arguments.FirstOrDefault(a => a.StartsWith("--only=", StringComparison.Ordinal))?[7..] ?? string.Empty;
        string? tool = arguments.FirstOrDefault(a => !a.StartsWith("--", StringComparison.Ordinal));
        Console.WriteLine($"{"processor time",-42}{"libbpf",10}{"P3Ebpf",10}{"ratio",11}{"allocated",12}");
        foreach (IGrouping<string, string[]> work in Enumerable.Range(0, Processes).SelectMany(_ => RunOnce(filter)).GroupBy(line => line[0]))
        {
            double ours = Work.Median(work.Select(line => Number(line[1])));
            double theirs = Work.Median(work.Select(line => Number(line[2])));
            double items = Number(work.First()[4]);
            string unit = items > 1 ? "ns" : "ms";
            double scale = items > 1 ? 1e6 / items : 1;
            Console.WriteLine(
                $"{work.Key,-42}{theirs * scale,10:0.00}{ours * scale,10:0.00} {unit}{theirs / ours,7:0.0}x{Work.Median(work.Select(line => Number(line[3]))) / 1e6,9:0.00} MB");
        }

        if (tool is null)
            return;
        Console.WriteLine($"{"CPU milliseconds",-42}{"bpftool",10}{"p3ebpf",10}{"ratio",8}");
        foreach ((string name, double ours, double theirs) in new CommandWork(tool).Measure())
            Console.WriteLine($"{name,-42}{theirs,10:0.00}{ours,10:0.00}{theirs / ours,7:0.0}x");
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static void MeasureOnce(string filter)
    {
        var library = new LibraryWork();
        using var kernel = new KernelWork();
        foreach (Work work in library.All().Concat(kernel.All()).Where(work => work.Name.Contains(filter, StringComparison.Ordinal)))
        {
            Cost ours = work.Measure(work.Ours);
            Cost theirs = Libbpf.IsInstalled ? work.Measure(work.Libbpf) : new Cost(double.NaN, 0);
            Console.WriteLine($"{work.Name}\t{ours.Milliseconds}\t{theirs.Milliseconds}\t{ours.Bytes}\t{work.Items}");
        }

        library.CleanUp();
    }

    private static List<string[]> RunOnce(string filter)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [MeasureOnly, filter]) { RedirectStandardOutput = true })!;
        List<string[]> lines = [];
        while (process.StandardOutput.ReadLine() is { } line)
            lines.Add(line.Split('\t'));
        process.WaitForExit();
        return lines;
    }
}
