using System.Diagnostics;

namespace P3Ebpf.Benchmarks;

/// <summary>Whole processes: our tool, as it is given, beside bpftool.</summary>
/// <param name="tool">Our executable.</param>
internal sealed class CommandWork(string tool)
{
    private const int Runs = 15;
    private const string Pin = "/sys/fs/bpf/p3ebpf-comparison";

    private readonly string _object = Path.Combine(CapturedBtf.Root, "bpf", "sched_lottery.bpf.o");

    public IEnumerable<(string Name, double Ours, double Bpftool)> Measure()
    {
        yield return ("process: say the version", Median(tool, "--version"), Median("bpftool", "version"));
        yield return ("process: load a small object", Median(tool, "load", _object, "--no-attach", "--prog-pin", Pin), Median("bpftool", "prog", "load", _object, Pin));
        yield return ("process: print the kernel's types as C", Median(tool, "btf-inspect", "dump", "--format", "c"), Median("bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"));
        yield return ("process: print them raw", Median(tool, "btf-inspect", "dump", "--format", "raw"), Median("bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "raw"));
        yield return ("process: check the kernel's BTF", Median(tool, "btf-inspect", "check"), double.NaN);
    }

    private static double Median(string program, params string[] arguments) => Work.Median(Enumerable.Range(0, Runs).Select(_ => Run(program, arguments)));

    /// <returns>Milliseconds of processor time.</returns>
    private static double Run(string program, string[] arguments)
    {
        double before = CpuTime.OfChildren;
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.BaseStream.CopyTo(Stream.Null);
        process.WaitForExit();
        File.Delete(Pin);
        return process.ExitCode == 0
            ? CpuTime.OfChildren - before
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ends with {process.ExitCode}: {errors.Result}");
    }
}
