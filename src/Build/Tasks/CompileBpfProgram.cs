using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace P3Ebpf.Build.Tasks;

/// <summary>Compiles a BPF program with clang, whose complaints become the build's, each at its line of C.</summary>
public sealed class CompileBpfProgram : Task
{
    private static readonly Regex Diagnostic = new(
        @"^(?<file>.+?):(?<line>\d+):(?<column>\d+): (?<kind>fatal error|error|warning|note): (?<text>.*?)( \[(?<flag>-W[^\]]+)\])?$", RegexOptions.CultureInvariant);

    /// <summary>The compiler.</summary>
    [Required]
    public string Clang { get; set; } = string.Empty;

    /// <summary>The C source.</summary>
    [Required]
    public string Source { get; set; } = string.Empty;

    /// <summary>The object to write.</summary>
    [Required]
    public string Object { get; set; } = string.Empty;

    /// <summary>The project's directory, which is left out of the names of sources in the object.</summary>
    [Required]
    public string ProjectDirectory { get; set; } = string.Empty;

    /// <summary>Directories to find headers in.</summary>
    public string[] Includes { get; set; } = [];

    /// <summary>What clang is told besides, one argument each.</summary>
    public string[] Flags { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Object)!);
        string[] arguments =
        [
            .. Flags, .. Includes.Select(directory => "-I" + directory), $"-ffile-prefix-map={ProjectDirectory}=", "-fno-color-diagnostics", "-fno-caret-diagnostics",
            "-fdiagnostics-absolute-paths", "-MD", "-MF", Object + ".d", "-c", Source, "-o", Object,
        ];
        Log.LogMessage(MessageImportance.Low, "{0} {1}", Clang, string.Join(" ", arguments.Select(Quote)));
        var start = new ProcessStartInfo(Clang, string.Join(" ", arguments.Select(Quote)))
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = ProjectDirectory,
        };
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        string[] lines = process.StandardError.ReadToEnd().Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        foreach (string line in lines)
            Report(line);
        if (process.ExitCode == 0)
            return !Log.HasLoggedErrors;

        // Half an object must not pass for a whole one in the next build.
        File.Delete(Object);
        if (!Log.HasLoggedErrors)
            Log.LogError(null, "PEBPF003", null, Source, 0, 0, 0, 0, "{0} failed with exit code {1}. {2}", Clang, process.ExitCode, string.Join(" ", lines));
        return false;
    }

    private void Report(string line)
    {
        Match match = Diagnostic.Match(line);
        if (!match.Success)
        {
            Log.LogMessage(MessageImportance.Normal, "{0}", line);
            return;
        }

        string file = match.Groups["file"].Value;
        int row = int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture);
        int column = int.Parse(match.Groups["column"].Value, CultureInfo.InvariantCulture);
        string text = match.Groups["text"].Value;
        string flag = match.Groups["flag"].Value;
        switch (match.Groups["kind"].Value)
        {
            case "warning":
                Log.LogWarning(null, "PEBPF004", null, file, row, column, 0, 0, "{0}", flag.Length == 0 ? text : $"{text} [{flag}]");
                break;
            case "note":
                Log.LogMessage(null, null, null, file, row, column, 0, 0, MessageImportance.High, "{0}", text);
                break;
            default:
                Log.LogError(null, "PEBPF003", null, file, row, column, 0, 0, "{0}", text);
                break;
        }
    }

    /// <summary>An argument as .NET splits a command line again: by the rules of Windows, everywhere.</summary>
    private static string Quote(string argument)
    {
        if (argument.Length != 0 && argument.IndexOfAny([' ', '\t', '"', '\\']) < 0)
            return argument;
        var quoted = new StringBuilder("\"");
        int backslashes = 0;
        foreach (char c in argument)
        {
            backslashes = c == '\\' ? backslashes + 1 : 0;
            if (c == '"')
                _ = quoted.Append('\\');
            _ = quoted.Append(c);
        }

        return quoted.Append('\\', backslashes).Append('"').ToString();
    }
}

/// <summary>Reads which headers the objects of the last build came from, as clang noted it (<c>-MD</c>).</summary>
public sealed class ReadBpfDependencies : Task
{
    /// <summary>The objects, with a file of the same name and <c>.d</c> beside each that was compiled before.</summary>
    [Required]
    public string[] Objects { get; set; } = [];

    /// <summary>All files that they were compiled from.</summary>
    [Output]
    public string[] Files { get; set; } = [];

    /// <inheritdoc/>
    public override bool Execute()
    {
        Files = [.. Objects.Select(path => path + ".d").Where(File.Exists).SelectMany(path => Parse(File.ReadAllText(path))).Distinct()];
        return true;
    }

    /// <summary>A rule of make: target, colon, files; spaces in names and ends of lines are escaped.</summary>
    private static IEnumerable<string> Parse(string rule)
    {
        string text = rule.Replace("\\\r\n", " ").Replace("\\\n", " ").Replace("\\ ", "\0").Replace("$$", "$");
        int colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? [] : text[(colon + 2)..].Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(file => file.Replace('\0', ' '));
    }
}
