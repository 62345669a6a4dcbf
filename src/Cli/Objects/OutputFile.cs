namespace P3Ebpf.Cli.Objects;

/// <summary>A file that a command writes.</summary>
internal static class OutputFile
{
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
