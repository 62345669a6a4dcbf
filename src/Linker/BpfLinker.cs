using P3Ebpf.Btf;
using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>
/// A static linker for BPF objects: sections of one name become one, symbols find their definitions, relocations follow, and the types
/// of all files are merged. The result is an object again, to be loaded or to be linked further.
/// </summary>
/// <remarks>
/// Has the effect of <c>bpftool gen object</c> (libbpf's <c>bpf_linker</c>). It differs where the order of the files would decide: a weak
/// definition stays weak however it is referred to, so that linking in several steps gives what linking in one does.
/// </remarks>
public sealed class BpfLinker
{
    private readonly BpfLinkOptions _options;
    private readonly List<LinkInput> _inputs = [];

    /// <summary>Starts with no objects.</summary>
    public BpfLinker(BpfLinkOptions? options = null) => _options = options ?? new BpfLinkOptions();

    /// <summary>Links object files.</summary>
    /// <param name="inputs">The objects; of several weak definitions of a symbol, the first counts.</param>
    /// <param name="output">The file to write, which is replaced only once the whole result is there.</param>
    /// <param name="options">May be left out.</param>
    /// <exception cref="BpfLinkException">The objects do not go together, or one of them is no sound BPF object.</exception>
    /// <exception cref="ElfFormatException">An object is no sound ELF file.</exception>
    /// <exception cref="BtfFormatException">An object's types are malformed.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read or written.</exception>
    public static BpfLinkResult Link(IEnumerable<string> inputs, string output, BpfLinkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentException.ThrowIfNullOrEmpty(output);
        var linker = new BpfLinker(options);
        foreach (string input in inputs)
            linker.Add(input);
        BpfLinkResult result = linker.Link();
        result.Save(output);
        return result;
    }

    /// <summary>Adds an object file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BpfLinkException">It is no sound BPF object, or of another byte order than those before.</exception>
    /// <exception cref="ElfFormatException">It is no sound ELF file.</exception>
    /// <exception cref="BtfFormatException">Its types are malformed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Add(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Add(LinkInput.Read(path));
    }

    /// <summary>Adds an object in memory, which may change afterwards.</summary>
    /// <param name="data">The bytes of an object file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="BpfLinkException">It is no sound BPF object, or of another byte order than those before.</exception>
    /// <exception cref="ElfFormatException">It is no sound ELF file.</exception>
    /// <exception cref="BtfFormatException">Its types are malformed.</exception>
    public void Add(ReadOnlyMemory<byte> data, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Add(LinkInput.Read(data, name));
    }

    /// <summary>Links what was added so far.</summary>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    /// <exception cref="BpfLinkException">The objects do not go together.</exception>
    public BpfLinkResult Link()
    {
        if (_inputs.Count == 0)
            throw new InvalidOperationException("There is nothing to link; add an object first.");

        var sections = SectionLayout.Of(_inputs, _options.MaxSize);
        var symbols = SymbolResolution.Of(_inputs, sections);
        MergedTypes? types = MergedTypes.Of(_inputs, sections, symbols);
        var relocations = new RelocationRewriter(sections, symbols);
        foreach (LinkInput input in _inputs)
            relocations.Rewrite(input);
        byte[] data = ObjectFileWriter.Write(_inputs[0].IsLittleEndian, sections, symbols, relocations, types);
        return new BpfLinkResult(data, sections, symbols, types);
    }

    private void Add(LinkInput input)
    {
        if (_inputs.Count != 0 && _inputs[0].IsLittleEndian != input.IsLittleEndian)
        {
            throw new BpfLinkException(
                BpfLinkErrorCode.ByteOrderMismatch, $"it is {Describe(input)}, and {_inputs[0].Name} is {Describe(_inputs[0])}", input.Name,
                hint: "Compile all files for one of -target bpfel and bpfeb.")
            {
                OtherFile = _inputs[0].Name,
            };
        }

        _inputs.Add(input);
    }

    private static string Describe(LinkInput input) => input.IsLittleEndian ? "little-endian" : "big-endian";
}
