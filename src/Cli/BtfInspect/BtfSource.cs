using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The BTF that a command looks at: its words on the command line, and the file behind them.</summary>
internal static class BtfSource
{
    public static Argument<string?> File() => new("FILE")
    {
        Description = $"BTF, raw or in an ELF file. Default: {Kernel.BtfPath}.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Option<string?> Base() => new("--base")
    {
        HelpName = "FILE",
        Description = "What a split BTF (that of a module) continues. Of files under /sys/kernel/btf it is vmlinux.",
    };

    /// <summary>The file to read: as given, or else the running kernel's BTF.</summary>
    public static string Locate(string? path)
    {
        if (path is not null)
            return NamedFile.Require(path, "BTF");

        // Kernels that do not show their BTF there may have it elsewhere; if not, this says what is missing.
        return System.IO.File.Exists(Kernel.BtfPath) ? Kernel.BtfPath : Kernel.Running.Types.Source!;
    }

    public static BtfSpec? ReadBase(string? path) => path is null ? null : BtfFile.Read(NamedFile.Require(path, "the BTF of a base"));

    public static BtfSpec Read(string? path, string? basePath = null) => BtfFile.Read(Locate(path), ReadBase(basePath));
}
