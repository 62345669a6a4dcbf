
namespace P3Ebpf.Object;

/// <summary>
/// A BPF object as its file describes it: programs, maps, variables. Reading one takes no privilege and no Linux; what is changed
/// here holds for the next load, which makes an object in the kernel of it (P3Ebpf.Loader).
/// </summary>
public sealed class BpfObjectSpec
{
    /// <summary>Nothing in a BPF object needs compression, so little of it is put up with.</summary>
    private static readonly ElfReadLimits Limits = new() { MaxDecompressedSize = 1 << 26 };

    internal BpfObjectSpec()
    {
    }

    /// <summary>The object's name: that of its file up to the first dot.</summary>
    public required string Name { get; init; }

    /// <summary>The file, where the object was read from one.</summary>
    public string? Path { get; init; }

    /// <summary>The byte order of instructions and data.</summary>
    public required ElfByteOrder ByteOrder { get; init; }

    /// <summary>Whether the object is of this machine's byte order; others can be inspected and relocated, not loaded.</summary>
    public bool IsNative => (ByteOrder == ElfByteOrder.LittleEndian) == BitConverter.IsLittleEndian;

    /// <summary>The licence, which decides about the helpers that programs may call.</summary>
    public required string License { get; set; }

    /// <summary>The compiler that made the object, as its section <c>.comment</c> says first, such as <c>GCC: (GNU) 14.2.0</c>; <see langword="null"/> where it does not.</summary>
    public string? Producer { get; init; }

    /// <summary>The kernel version that a <c>version</c> section asks for, as <c>major &lt;&lt; 16 | minor &lt;&lt; 8 | patch</c>.</summary>
    public uint? KernelVersion { get; init; }

    /// <summary>The object's own types; <see langword="null"/> where it has none.</summary>
    public BtfSpec? Btf { get; init; }

    /// <summary>Function and line information and CO-RE relocations; <see langword="null"/> where the object has none.</summary>
    public BtfExt? BtfExt { get; init; }

    /// <summary>The programs, in the order of the file.</summary>
    public required BpfNamedList<BpfProgramSpec> Programs { get; init; }

    /// <summary>
    /// The programs that a load loads: those that <see cref="BpfProgramSpec.IsAutoLoaded"/>, except that struct_ops programs follow the maps that
    /// have them as callbacks, and go with those that are created.
    /// </summary>
    /// <remarks>Rule: libbpf's <c>bpf_object_adjust_struct_ops_autoload</c>. A program that was replaced as a callback is not loaded either.</remarks>
    public IEnumerable<BpfProgramSpec> ProgramsToLoad
    {
        get
        {
            HashSet<BpfProgramSpec> wanted = [];
            HashSet<BpfProgramSpec> unwanted = [];
            foreach (BpfMapSpec map in Maps.Where(map => map.StructOps is not null))
            {
                foreach (BpfStructOpsMemberSpec member in map.StructOps!.Members)
                {
                    if (member.DeclaredProgram is { } declared)
                        _ = unwanted.Add(declared);
                    if (member.Program is { } program)
                        _ = (map.IsAutoCreated ? wanted : unwanted).Add(program);
                }
            }

            return Programs.Where(program => wanted.Contains(program) || (program.IsAutoLoaded && !unwanted.Contains(program)));
        }
    }

    /// <summary>The maps, those of global variables first.</summary>
    public required BpfNamedList<BpfMapSpec> Maps { get; init; }

    /// <summary>The global variables that BTF describes.</summary>
    public required BpfNamedList<BpfVariableSpec> Variables { get; init; }

    /// <summary>What the kernel has to provide.</summary>
    public required IReadOnlyList<BpfExternSpec> Externs { get; init; }

    /// <summary>Programs and subprograms, by section and place.</summary>
    public IReadOnlyList<BpfFunction> Functions => FunctionTable.All;

    /// <summary>What is odd about the object and did not keep it from being read.</summary>
    public IReadOnlyList<string> Warnings => KernelBtf?.Value.Warning is { } warning ? [.. ReadWarnings, warning] : ReadWarnings;

    /// <summary>Whether the object has CO-RE relocations, and therefore needs the BTF of the kernel that it is to run on.</summary>
    public bool HasCoreRelocations => BtfExt is { CoreRelocations.Count: > 0 };

    /// <summary>Reads an object file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BpfObjectFormatException">It is not a BPF object, or a malformed one.</exception>
    /// <exception cref="ElfFormatException">It is not an ELF file, or a malformed one.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static BpfObjectSpec Read(string path)
    {
        using ElfFile elf = ElfFile.Open(path, Limits);
        return BpfObjectReader.Read(elf, NameFrom(path), path);
    }

    /// <summary>Reads an object from a stream, up to its end.</summary>
    /// <param name="stream">The bytes of an object file.</param>
    /// <param name="name">What to call the object; its maps of global variables are named after it.</param>
    /// <exception cref="BpfObjectFormatException">It is not a BPF object, or a malformed one.</exception>
    /// <exception cref="ElfFormatException">It is not an ELF file, or a malformed one.</exception>
    public static BpfObjectSpec Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), name);
    }

    /// <summary>Reads an object from memory, which must not change afterwards.</summary>
    /// <param name="data">The bytes of an object file.</param>
    /// <param name="name">What to call the object; its maps of global variables are named after it.</param>
    /// <exception cref="BpfObjectFormatException">It is not a BPF object, or a malformed one.</exception>
    /// <exception cref="ElfFormatException">It is not an ELF file, or a malformed one.</exception>
    public static BpfObjectSpec Parse(ReadOnlyMemory<byte> data, string name)
    {
        using ElfFile elf = ElfFile.Parse(data, Limits);
        return BpfObjectReader.Read(elf, NameFrom(name), path: null);
    }

    /// <inheritdoc/>
    public override string ToString() => Path ?? Name;

    /// <summary>The object's BTF as the kernel wants it, made when it is needed; see <see cref="ObjectBtfPreparer"/>.</summary>
    internal Lazy<PreparedBtf>? KernelBtf { get; init; }

    /// <summary>What reading the file found odd.</summary>
    internal IReadOnlyList<string> ReadWarnings { get; init; } = [];

    internal BpfFunctionTable FunctionTable { get; init; } = new([]);

    private static string NameFrom(string path)
    {
        string file = System.IO.Path.GetFileName(path);
        int dot = file.IndexOf('.', 1 <= file.Length ? 1 : 0);
        return dot < 0 ? file : file[..dot];
    }
}
