using System.Text;

namespace P3Ebpf.Object;

/// <summary>A file is not a BPF object, or a malformed one. The message names file, section, place, and what to do.</summary>
public sealed class BpfObjectFormatException : EbpfException
{
    /// <summary>Describes one defect.</summary>
    /// <param name="problem">One sentence, without the place.</param>
    /// <param name="file">The object.</param>
    /// <param name="section">The ELF section, where one is concerned.</param>
    /// <param name="offset">Bytes from the start of the section, or -1.</param>
    /// <param name="hint">What to do, where that can be said.</param>
    /// <param name="inner">What caused it.</param>
    public BpfObjectFormatException(
        string problem, string? file = null, string? section = null, long offset = -1, string? hint = null, Exception? inner = null)
        : base(Describe(problem, file, section, offset), problem, file, hint, inner)
    {
        Section = section;
        Offset = offset;
    }

    /// <summary>The ELF section, where one is concerned.</summary>
    public string? Section { get; }

    /// <summary>Bytes from the start of the section, or -1.</summary>
    public long Offset { get; }

    private static string Describe(string problem, string? file, string? section, long offset)
    {
        var text = new StringBuilder();
        if (file is not null)
            _ = text.Append(file).Append(": ");
        if (section is not null)
            _ = text.Append("section ").Append(section).Append(offset >= 0 ? $" at byte {offset}: " : ": ");
        return text.Append(problem).ToString();
    }
}
