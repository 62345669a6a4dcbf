namespace P3Ebpf.Linker;

/// <summary>A section of a linked object that holds code or data.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Bytes, of sections of zeros too.</param>
public sealed record BpfLinkedSection(string Name, long Size);

/// <summary>A linked object.</summary>
public sealed class BpfLinkResult
{
    private readonly byte[] _data;

    internal BpfLinkResult(byte[] data, SectionLayout sections, SymbolResolution symbols, MergedTypes? types)
    {
        _data = data;
        Sections = [.. sections.Sections.Select(s => new BpfLinkedSection(s.Name, s.Size))];
        Unresolved = [.. symbols.Globals.Where(s => s.Definition is null && s.Declaration is not { IsForKernel: true }).Select(s => s.Name)];
        TypeCount = types?.TypeCount ?? 0;
    }

    /// <summary>The object file.</summary>
    public ReadOnlyMemory<byte> Data => _data;

    /// <summary>The sections of code and data, in the order of the file.</summary>
    public IReadOnlyList<BpfLinkedSection> Sections { get; }

    /// <summary>
    /// The symbols that no object defines and that neither the kernel nor its configuration is asked for (<c>.ksyms</c>,
    /// <c>.kconfig</c>): the result can be linked further, but not be loaded.
    /// </summary>
    public IReadOnlyList<string> Unresolved { get; }

    /// <summary>How many types the result has.</summary>
    public int TypeCount { get; }

    /// <summary>Writes the object beside a file first, and then in its place.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(temporary, _data);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
