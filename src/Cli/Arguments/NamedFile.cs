
namespace P3Ebpf.Cli.Arguments;

/// <summary>A file named on the command line.</summary>
internal static class NamedFile
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

    /// <summary>Writes beside the file first, so that a failure leaves neither half a file nor an old one damaged.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
