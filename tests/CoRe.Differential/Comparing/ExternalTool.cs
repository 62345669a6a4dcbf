using System.Diagnostics;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Another program, run to its end.</summary>
internal static class ExternalTool
{
    public static (int ExitCode, string Output, string Error) Run(string file, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{file} did not start.");
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
