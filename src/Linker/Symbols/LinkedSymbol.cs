using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>A symbol of the result.</summary>
/// <param name="name">Its name; section symbols have none.</param>
internal sealed class LinkedSymbol(string name)
{
    public string Name { get; } = name;

    public ElfSymbolType Type { get; init; }

    public ElfSymbolBinding Binding { get; init; }

    public ElfSymbolVisibility Visibility { get; init; }

    /// <summary>The section that it is in; none where it is absolute or defined nowhere.</summary>
    public LinkedSection? Section { get; init; }

    public bool IsAbsolute { get; init; }

    public long Value { get; init; }

    public long Size { get; init; }

    /// <summary>Of a global symbol, what defines it; <see langword="null"/> where no object does.</summary>
    public GlobalSymbol? Definition => Declaration is { Symbol.IsExtern: false } ? Declaration : null;

    /// <summary>Of a global symbol, what it was made from: its definition, or one declaration that stands for all.</summary>
    public GlobalSymbol? Declaration { get; init; }
}

/// <summary>A global symbol of one object.</summary>
/// <param name="Input">The object.</param>
/// <param name="Symbol">Its symbol.</param>
/// <param name="Type">What BTF says of it, if anything.</param>
internal sealed record GlobalSymbol(LinkInput Input, LinkSymbol Symbol, GlobalType? Type)
{
    /// <summary>Whether the kernel or its configuration is to provide it.</summary>
    public bool IsForKernel => Type?.Section is ".kconfig" or ".ksyms";
}
