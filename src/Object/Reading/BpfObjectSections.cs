namespace P3Ebpf.Object;

/// <summary>The names of the ELF sections that mean something in a BPF object.</summary>
internal static class BpfObjectSections
{
    public const string Text = ".text";
    public const string Maps = ".maps";
    public const string Btf = ".BTF";
    public const string BtfExt = ".BTF.ext";
    public const string License = "license";
    public const string Version = "version";
    public const string KernelConfig = ".kconfig";
    public const string KernelSymbols = ".ksyms";
    public const string Arena = ".addr_space.1";
    public const string JumpTables = ".jumptables";
    public const string StructOps = ".struct_ops";
    public const string StructOpsLink = ".struct_ops.link";

    /// <summary>What a pointer adds to the name of a buffer to say what its records are. Not a section, but a name with a meaning all the same.</summary>
    public const string RecordSuffix = "_record";

    /// <summary><c>maps</c>, or <c>maps/</c> and more: what loaders took before BTF described maps.</summary>
    public static bool IsLegacyMaps(string name) => name == "maps" || name.StartsWith("maps/", StringComparison.Ordinal);

    /// <summary><c>.data</c> itself, or <c>.data.</c> and more.</summary>
    public static bool IsOrExtends(string name, string section) =>
        name == section || (name.StartsWith(section, StringComparison.Ordinal) && name[section.Length] == '.');
}
