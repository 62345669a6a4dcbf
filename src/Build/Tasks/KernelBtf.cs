using System.IO.Compression;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace P3Ebpf.Build.Tasks;

/// <summary>Writes a kernel's types as a C header, <c>vmlinux.h</c>.</summary>
public sealed class WriteVmlinuxHeader : Task
{
    /// <summary>The kernel's BTF, raw or in an ELF file, perhaps gzipped.</summary>
    [Required]
    public string Btf { get; set; } = string.Empty;

    /// <summary>The header.</summary>
    [Required]
    public string Header { get; set; } = string.Empty;

    /// <inheritdoc/>
    public override bool Execute()
    {
        if (KernelBtf.TryRead(Btf, Log) is not { } btf)
            return false;
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Header)!);
        string temporary = Header + ".tmp";
        using (FileStream file = File.Create(temporary))
            BtfCPrinter.Write(btf, file);
        File.Delete(Header);
        File.Move(temporary, Header);
        return true;
    }
}

/// <summary>Fails the build where an object would not run on a kernel that must be supported, and says why.</summary>
public sealed class CheckBpfTargets : Task
{
    /// <summary>The objects.</summary>
    [Required]
    public ITaskItem[] Objects { get; set; } = [];

    /// <summary>The kernels' BTF files.</summary>
    [Required]
    public string[] Targets { get; set; } = [];

    /// <summary>Directory that the names of sources in the objects count from.</summary>
    [Required]
    public string ProjectDirectory { get; set; } = string.Empty;

    /// <inheritdoc/>
    public override bool Execute()
    {
        foreach (string target in Targets)
        {
            if (KernelBtf.TryRead(target, Log) is not { } btf)
                continue;
            foreach (ITaskItem item in Objects)
                Check(item.ItemSpec, target, new CoreTarget(btf));
        }

        return !Log.HasLoggedErrors;
    }

    private void Check(string path, string targetName, CoreTarget target)
    {
        try
        {
            BpfObjectSpec spec = BpfObjectSpec.Read(path);
            BpfObjectRelocation relocation = spec.Relocate(target, includeOptional: false);
            if (relocation.Failure is { } failure)
                Report(path, targetName, failure.Function.Function, failure.Result);
            else if (relocation.Judge() == BpfRelocationVerdict.ReachesMissing)
            {
                foreach ((BpfRelocatedFunction function, CoreRelocationResult result) in relocation.FindReachedPoison())
                    Report(path, targetName, function.Function, result);
            }
        }
        catch (EbpfException e)
        {
            Log.LogError(null, "PEBPF011", null, path, 0, 0, 0, 0, "{0} {1}", e.Message, e.Hint);
        }
    }

    private void Report(string path, string target, BpfFunction function, CoreRelocationResult result)
    {
        BpfSourceLine? line = function.SourceLineOf(result.InstructionIndex);
        string file = line is null ? path : Path.Combine(ProjectDirectory, line.File);
        Log.LogError(
            null, "PEBPF010", null, file, line?.Line ?? 0, line?.Column ?? 0, 0, 0, "{0} will not run on {1}: {2}: {3}{4}",
            function.Name, Path.GetFileName(target), result.Local, result.Message, result.Suggestion is { } suggestion ? $" {suggestion}" : string.Empty);
    }
}

/// <summary>Reads the BTF of a kernel from a file.</summary>
internal static class KernelBtf
{
    /// <returns><see langword="null"/> where it cannot be read; the build has been told then.</returns>
    public static BtfSpec? TryRead(string path, TaskLoggingHelper log)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes is [0x1F, 0x8B, ..])
                bytes = Unzip(bytes);
            if (bytes is not [0x7F, (byte)'E', (byte)'L', (byte)'F', ..])
                return BtfSpec.Parse(bytes, new BtfReadOptions { Source = path });
            using ElfFile elf = ElfFile.Parse(bytes);
            return elf.TryGetSection(".BTF", out ElfSection section)
                ? BtfSpec.Parse(section.ReadDecompressed(), new BtfReadOptions { Source = path })
                : throw new BtfFormatException(BtfErrorCode.Truncated, "the ELF file has no section .BTF", source: path);
        }
        catch (Exception e) when (e is EbpfException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            log.LogError(null, "PEBPF002", null, path, 0, 0, 0, 0, "The kernel's types cannot be read: {0} {1}", e.Message, (e as EbpfException)?.Hint);
            return null;
        }
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        gzip.CopyTo(whole);
        return whole.ToArray();
    }
}
