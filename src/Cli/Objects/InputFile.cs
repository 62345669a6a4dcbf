using P3Ebpf.Cli.Failures;

namespace P3Ebpf.Cli.Objects;

/// <summary>A file named on the command line.</summary>
internal static class InputFile
{
    /// <summary>Returns the path of a file that exists.</summary>
    /// <param name="path">As given.</param>
    /// <param name="what">What the file is to be, for the message.</param>
    /// <exception cref="CommandException">There is no such file.</exception>
    public static string Require(string path, string what)
    {
        if (Directory.Exists(path))
            throw new CommandException("not-found", $"{path} is a directory, not {what}.", "Name the file in it.");
        return File.Exists(path) ? path : throw new CommandException("not-found", $"{path}: no such file.", $"Check the path; it is to be {what}.");
    }
}
