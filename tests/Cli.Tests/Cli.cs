using System.Diagnostics;
using System.Text.Json;

namespace P3Ebpf.Cli.Tests;

/// <summary>Runs the built tool as its users do: in a process of its own.</summary>
internal static class Cli
{
    /// <summary>Only ends a run that hangs, also on an emulated processor.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly string Tool = Path.Combine(AppContext.BaseDirectory, "p3ebpf.dll");

    /// <summary>The tool compiled to machine code, where emulated processors would take long to start the other.</summary>
    private static string? NativeTool => Environment.GetEnvironmentVariable("P3EBPF_NATIVE_TOOL");

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    /// <summary>The words of a command line that runs the tool.</summary>
    public static IEnumerable<string> Words(params IEnumerable<string> arguments) => NativeTool is { Length: > 0 } tool ? [tool, .. arguments] : [Host, "exec", Tool, .. arguments];

    public static CliResult Run(params IEnumerable<string> arguments) => Execute(Words(arguments));

    /// <summary>Runs the tool and reads the document that it prints.</summary>
    public static JsonElement RunForJson(int exitCode, params IEnumerable<string> arguments)
    {
        CliResult result = Run([.. arguments, "--json"]);
        result.ExitCode.Should().Be(exitCode, result.ToString());
        JsonElement document = JsonDocument.Parse(result.Output).RootElement;
        document.EnumerateObject().First().Name.Should().Be("schema_version");
        return document;
    }

    public static CliResult Execute(IEnumerable<string> words, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using Process process = Start(words, environment);
        process.StandardInput.Close();
        return Finish(process);
    }

    public static Process Start(IEnumerable<string> words, IReadOnlyDictionary<string, string?>? environment = null)
    {
        string[] all = [.. words];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = TestData.Root,
        };
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static CliResult Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} hangs.");
        }

        return new CliResult(process.ExitCode, output.Result, error.Result);
    }
}

/// <summary>What a run left.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error);
