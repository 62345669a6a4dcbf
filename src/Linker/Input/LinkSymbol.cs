using System.Text;
using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>A symbol of an object.</summary>
/// <param name="Index">Its index in the file.</param>
/// <param name="Name">Its name; section symbols have none.</param>
/// <param name="Type">What it stands for.</param>
/// <param name="Binding">Local, global or weak.</param>
/// <param name="Visibility">How far it reaches.</param>
/// <param name="SectionIndex">The section, or a value of <see cref="ElfSectionIndex"/>.</param>
/// <param name="Value">Bytes from the start of the section.</param>
/// <param name="Size">Bytes, 0 where unknown.</param>
internal sealed record LinkSymbol(
    int Index, string Name, ElfSymbolType Type, ElfSymbolBinding Binding, ElfSymbolVisibility Visibility, uint SectionIndex, long Value, long Size)
{
    public bool IsExtern => SectionIndex == ElfSectionIndex.Undefined;

    public bool IsAbsolute => SectionIndex == ElfSectionIndex.Absolute;

    public bool IsLocal => Binding == ElfSymbolBinding.Local;
}

/// <summary>Reads and checks the symbols of an object (<c>linker_sanity_check_elf_symtab</c> of libbpf).</summary>
internal sealed class LinkSymbolReader(LinkInput input, ElfFile elf)
{
    private const string Table = ".symtab";

    public LinkSymbol[] Read(ElfSymbolTable table)
    {
        var symbols = new LinkSymbol[table.Count];
        var names = new NameBudget(input, elf.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            ElfSymbol symbol = table[i];
            string name = i == 0 || symbol.Type == ElfSymbolType.Section ? string.Empty : names.Take(symbol.NameBytes, "symbol", i);
            if (i != 0)
                Check(symbol, name);
            symbols[i] = new LinkSymbol(i, name, symbol.Type, symbol.Binding, symbol.Visibility, symbol.SectionIndex, (long)symbol.Value, (long)symbol.Size);
        }

        return symbols;
    }

    private void Check(ElfSymbol symbol, string name)
    {
        if (symbol.Binding is not (ElfSymbolBinding.Local or ElfSymbolBinding.Global or ElfSymbolBinding.Weak))
            throw Failure(symbol, name, BpfLinkErrorCode.Unsupported, $"has binding {symbol.Binding}; known are local, global and weak");
        if (symbol.IsCommon)
            throw Failure(symbol, name, BpfLinkErrorCode.Unsupported, "is a common block without a place", "Compile with -fno-common.");
        if (symbol.Value > long.MaxValue || symbol.Size > long.MaxValue)
            throw Failure(symbol, name, BpfLinkErrorCode.Malformed, $"lies at {symbol.Value} and has {symbol.Size} bytes, which nothing can have");
        if (symbol.IsUndefined)
        {
            if (symbol.Type != ElfSymbolType.NoType || symbol.Binding == ElfSymbolBinding.Local || symbol.Value != 0 || symbol.Size != 0 || name.Length == 0)
                throw Failure(symbol, name, BpfLinkErrorCode.Malformed, "is neither defined nor a declaration");
            return;
        }

        if (symbol.IsAbsolute)
        {
            if (symbol.Binding != ElfSymbolBinding.Local)
                throw Failure(symbol, name, BpfLinkErrorCode.Unsupported, "is global and in no section");
            return;
        }

        if (!symbol.TryGetSection(out ElfSection section))
            throw Failure(symbol, name, BpfLinkErrorCode.Malformed, $"is in section {symbol.SectionIndex}, which does not exist");
        if (symbol.Type == ElfSymbolType.Section ? symbol.Value != 0 || symbol.Binding != ElfSymbolBinding.Local : symbol.Value > section.Size)
            throw Failure(symbol, name, BpfLinkErrorCode.Malformed, $"lies outside its section of {section.Size} bytes");
        if (symbol.Binding != ElfSymbolBinding.Local && name.Length == 0)
            throw Failure(symbol, name, BpfLinkErrorCode.Malformed, "is global and has no name");
    }

    private BpfLinkException Failure(ElfSymbol symbol, string name, BpfLinkErrorCode code, string problem, string? hint = null)
    {
        BpfLinkException failure = input.Failure(code, $"symbol {symbol.Index} '{name}' {problem}", Table, symbol.Index * 24L, hint);
        return new BpfLinkException(code, failure.Problem, failure.File, Table, failure.Offset, failure.Hint) { Symbol = name };
    }
}

/// <summary>
/// Turns names into text. Names may overlap in a file, so that a small table can hold any number of long ones; sound files share no
/// more than endings.
/// </summary>
internal sealed class NameBudget(LinkInput input, long fileLength)
{
    public const int MaxLength = 1 << 16;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private long _left = (4 * fileLength) + MaxLength;

    public string Take(ReadOnlySpan<byte> name, string what, int index)
    {
        _left -= name.Length;
        if (name.Length > MaxLength || _left < 0)
            throw input.Failure(BpfLinkErrorCode.Malformed, $"the names of its {what}s are longer than the file has room for");
        try
        {
            return Strict.GetString(name);
        }
        catch (DecoderFallbackException e)
        {
            throw input.Failure(BpfLinkErrorCode.Malformed, $"the name of {what} {index} is not UTF-8", inner: e);
        }
    }
}
