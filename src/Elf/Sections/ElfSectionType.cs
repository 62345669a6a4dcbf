namespace P3Ebpf.Elf;

/// <summary>What a section holds (<c>sh_type</c>). Other values are specific to a system or processor.</summary>
public enum ElfSectionType : uint
{
    /// <summary>No section: an unused header (<c>SHT_NULL</c>).</summary>
    Null = 0,

    /// <summary>Whatever the program defines: code, data, BTF, debug information (<c>SHT_PROGBITS</c>).</summary>
    ProgramBits = 1,

    /// <summary>The full symbol table (<c>SHT_SYMTAB</c>).</summary>
    SymbolTable = 2,

    /// <summary>Strings (<c>SHT_STRTAB</c>).</summary>
    StringTable = 3,

    /// <summary>Relocations with addends (<c>SHT_RELA</c>).</summary>
    Rela = 4,

    /// <summary>Symbol hash table (<c>SHT_HASH</c>).</summary>
    Hash = 5,

    /// <summary>Dynamic linking information (<c>SHT_DYNAMIC</c>).</summary>
    Dynamic = 6,

    /// <summary>Notes (<c>SHT_NOTE</c>).</summary>
    Note = 7,

    /// <summary>Zeroes in memory that take no bytes in the file (<c>SHT_NOBITS</c>).</summary>
    NoBits = 8,

    /// <summary>Relocations without addends (<c>SHT_REL</c>).</summary>
    Rel = 9,

    /// <summary>Symbols needed for dynamic linking (<c>SHT_DYNSYM</c>).</summary>
    DynamicSymbolTable = 11,

    /// <summary>Constructors (<c>SHT_INIT_ARRAY</c>).</summary>
    InitArray = 14,

    /// <summary>Destructors (<c>SHT_FINI_ARRAY</c>).</summary>
    FiniArray = 15,

    /// <summary>Constructors that run before all others (<c>SHT_PREINIT_ARRAY</c>).</summary>
    PreInitArray = 16,

    /// <summary>Sections that belong together (<c>SHT_GROUP</c>).</summary>
    Group = 17,

    /// <summary>Section indices of symbols that do not fit 16 bits (<c>SHT_SYMTAB_SHNDX</c>).</summary>
    SymbolTableSectionIndices = 18,

    /// <summary>Compact relative relocations (<c>SHT_RELR</c>).</summary>
    Relr = 19,

    /// <summary>LLVM's table of address-significant symbols (<c>SHT_LLVM_ADDRSIG</c>).</summary>
    LlvmAddressSignificance = 0x6fff4c03,

    /// <summary>GNU symbol hash table (<c>SHT_GNU_HASH</c>).</summary>
    GnuHash = 0x6ffffff6,

    /// <summary>Versions that the file defines (<c>SHT_GNU_verdef</c>).</summary>
    GnuVersionDefinitions = 0x6ffffffd,

    /// <summary>Versions that the file needs from its libraries (<c>SHT_GNU_verneed</c>).</summary>
    GnuVersionNeeds = 0x6ffffffe,

    /// <summary>The version of each dynamic symbol (<c>SHT_GNU_versym</c>).</summary>
    GnuVersionSymbols = 0x6fffffff,
}
