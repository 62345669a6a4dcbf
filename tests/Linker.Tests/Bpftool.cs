using System.ComponentModel;
using System.Diagnostics;

namespace P3Ebpf.Linker.Tests;

/// <summary>The other linker, to be compared with.</summary>
internal static class Bpftool
{
    private static readonly Lazy<bool> Exists = new(() => TryRun(out _, "version"));

    public static void OrSkip() => Assert.SkipUnless(Exists.Value, "bpftool is not installed.");

    /// <summary>Links object files by <c>bpftool gen object</c>.</summary>
    /// <returns>The object; <see langword="null"/> where it refuses, with its words.</returns>
    public static byte[]? Link(out string output, params IEnumerable<string> paths)
    {
        string directory = Directory.CreateTempSubdirectory("p3ebpf-link").FullName;
        try
        {
            string linked = Path.Combine(directory, "linked.o");
            return TryRun(out output, ["gen", "object", linked, .. paths]) ? File.ReadAllBytes(linked) : null;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public static bool TryRun(out string output, params IEnumerable<string> arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("bpftool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            output = process.StandardOutput.ReadToEnd() + error.Result;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception e)
        {
            output = e.Message;
            return false;
        }
    }
}
