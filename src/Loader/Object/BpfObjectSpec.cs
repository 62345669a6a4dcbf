using P3Ebpf.Btf;
using P3Ebpf.CoRe;
using P3Ebpf.Elf;

namespace P3Ebpf.Loader;

/// <summary>
/// A BPF object as its file describes it: programs, maps, variables. Reading one takes no privilege and no Linux; what is changed
/// here holds for <see cref="Load"/>, which makes a <see cref="BpfObject"/> of it in the kernel.
/// </summary>
public sealed class BpfObjectSpec
{
    /// <summary>Nothing in a BPF object needs compression, so little of it is put up with.</summary>
    private static readonly ElfReadLimits Limits = new() { MaxDecompressedSize = 1 << 26 };

    private readonly BpfObjectContents _contents;

    private BpfObjectSpec(BpfObjectContents contents)
    {
        _contents = contents;
        Programs = new BpfSpecCollection<BpfProgramSpec>("program", contents.Programs, p => p.Name);
        Maps = new BpfSpecCollection<BpfMapSpec>("map", contents.Maps, m => m.Name);
        Variables = new BpfSpecCollection<BpfVariableSpec>("variable", contents.Variables, v => v.Name);
        License = contents.License;
    }

    /// <summary>The object's name: that of its file up to the first dot.</summary>
    public string Name => _contents.Name;

    /// <summary>The file, where the object was read from one.</summary>
    public string? Path => _contents.Path;

    /// <summary>The byte order of instructions and data.</summary>
    public ElfByteOrder ByteOrder => _contents.ByteOrder;

    /// <summary>Whether the object is of this machine's byte order; others can be inspected and relocated, not loaded.</summary>
    public bool IsNative => (ByteOrder == ElfByteOrder.LittleEndian) == BitConverter.IsLittleEndian;

    /// <summary>The licence, which decides about the helpers that programs may call.</summary>
    public string License { get; set; }

    /// <summary>The kernel version that a <c>version</c> section asks for, as <c>major &lt;&lt; 16 | minor &lt;&lt; 8 | patch</c>.</summary>
    public uint? KernelVersion => _contents.KernelVersion;

    /// <summary>The object's own types; <see langword="null"/> where it has none.</summary>
    public BtfSpec? Btf => _contents.Btf;

    /// <summary>Function and line information and CO-RE relocations; <see langword="null"/> where the object has none.</summary>
    public BtfExt? BtfExt => _contents.BtfExt;

    /// <summary>The programs, in the order of the file.</summary>
    public BpfSpecCollection<BpfProgramSpec> Programs { get; }

    /// <summary>The maps, those of global variables first.</summary>
    public BpfSpecCollection<BpfMapSpec> Maps { get; }

    /// <summary>The global variables that BTF describes.</summary>
    public BpfSpecCollection<BpfVariableSpec> Variables { get; }

    /// <summary>What the kernel has to provide.</summary>
    public IReadOnlyList<BpfExternSpec> Externs => _contents.Externs;

    /// <summary>Programs and subprograms, by section and place.</summary>
    public IReadOnlyList<BpfFunction> Functions => FunctionTable.All;

    /// <summary>What is odd about the object and did not keep it from being read.</summary>
    public IReadOnlyList<string> Warnings => _contents.Warnings;

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
        return new BpfObjectSpec(BpfObjectReader.Read(elf, NameFrom(path), path));
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
        return new BpfObjectSpec(BpfObjectReader.Read(elf, NameFrom(name), path: null));
    }

    /// <summary>Applies the object's CO-RE relocations, without loading anything and without changing this specification.</summary>
    /// <param name="target">The types to relocate against; may be <see langword="null"/> where the object has no relocations.</param>
    /// <param name="includeOptional">Whether to relocate programs that are not loaded automatically as well.</param>
    public BpfObjectRelocation Relocate(CoreTarget? target, bool includeOptional = true) => BpfObjectRelocation.Apply(this, target, includeOptional);

    /// <summary>Creates the maps, relocates, verifies and loads the programs. Attaching is a step of its own.</summary>
    /// <param name="options">The target's types and more; may be left out.</param>
    /// <returns>The object in the kernel; disposing it releases everything that is not pinned or attached elsewhere.</returns>
    /// <exception cref="BpfException">The kernel refuses something; nothing is left behind.</exception>
    /// <exception cref="CoreRelocationException">A CO-RE relocation fails.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public BpfObject Load(BpfLoadOptions? options = null) => new BpfObjectLoader(this, options ?? new BpfLoadOptions()).Load();

    /// <inheritdoc/>
    public override string ToString() => Path ?? Name;

    /// <summary>The object's BTF as the kernel wants it; see <see cref="ObjectBtfPreparer"/>.</summary>
    internal byte[]? KernelBtf => _contents.KernelBtf;

    internal BpfFunctionTable FunctionTable => _contents.Functions;

    private static string NameFrom(string path)
    {
        string file = System.IO.Path.GetFileName(path);
        int dot = file.IndexOf('.', 1 <= file.Length ? 1 : 0);
        return dot < 0 ? file : file[..dot];
    }
}
