namespace P3Ebpf.Elf;

/// <summary>What an entry of the dynamic section says (<c>d_tag</c>). Other values are specific to a system or processor.</summary>
public enum ElfDynamicTag : long
{
    /// <summary>End of the table (<c>DT_NULL</c>).</summary>
    Null = 0,

    /// <summary>A library that is needed (<c>DT_NEEDED</c>).</summary>
    Needed = 1,

    /// <summary>Size of the procedure linkage relocations (<c>DT_PLTRELSZ</c>).</summary>
    PltRelSize = 2,

    /// <summary>Address of the global offset table (<c>DT_PLTGOT</c>).</summary>
    PltGot = 3,

    /// <summary>Address of the symbol hash table (<c>DT_HASH</c>).</summary>
    Hash = 4,

    /// <summary>Address of the string table (<c>DT_STRTAB</c>).</summary>
    StrTab = 5,

    /// <summary>Address of the symbol table (<c>DT_SYMTAB</c>).</summary>
    SymTab = 6,

    /// <summary>Address of the relocations with addends (<c>DT_RELA</c>).</summary>
    Rela = 7,

    /// <summary>Their size (<c>DT_RELASZ</c>).</summary>
    RelaSize = 8,

    /// <summary>Size of one of them (<c>DT_RELAENT</c>).</summary>
    RelaEntrySize = 9,

    /// <summary>Size of the string table (<c>DT_STRSZ</c>).</summary>
    StrSize = 10,

    /// <summary>Size of a symbol (<c>DT_SYMENT</c>).</summary>
    SymEntrySize = 11,

    /// <summary>Address of the initialisation function (<c>DT_INIT</c>).</summary>
    Init = 12,

    /// <summary>Address of the termination function (<c>DT_FINI</c>).</summary>
    Fini = 13,

    /// <summary>The library's own name (<c>DT_SONAME</c>).</summary>
    SoName = 14,

    /// <summary>Where to search libraries, before the environment (<c>DT_RPATH</c>).</summary>
    RPath = 15,

    /// <summary>Search the library itself first (<c>DT_SYMBOLIC</c>).</summary>
    Symbolic = 16,

    /// <summary>Address of the relocations without addends (<c>DT_REL</c>).</summary>
    Rel = 17,

    /// <summary>Their size (<c>DT_RELSZ</c>).</summary>
    RelSize = 18,

    /// <summary>Size of one of them (<c>DT_RELENT</c>).</summary>
    RelEntrySize = 19,

    /// <summary>Kind of the procedure linkage relocations (<c>DT_PLTREL</c>).</summary>
    PltRel = 20,

    /// <summary>For debuggers (<c>DT_DEBUG</c>).</summary>
    Debug = 21,

    /// <summary>Relocations change read-only segments (<c>DT_TEXTREL</c>).</summary>
    TextRel = 22,

    /// <summary>Address of the procedure linkage relocations (<c>DT_JMPREL</c>).</summary>
    JmpRel = 23,

    /// <summary>Resolve everything at start (<c>DT_BIND_NOW</c>).</summary>
    BindNow = 24,

    /// <summary>Address of the constructors (<c>DT_INIT_ARRAY</c>).</summary>
    InitArray = 25,

    /// <summary>Address of the destructors (<c>DT_FINI_ARRAY</c>).</summary>
    FiniArray = 26,

    /// <summary>Where to search libraries, after the environment (<c>DT_RUNPATH</c>).</summary>
    RunPath = 29,

    /// <summary>Flags (<c>DT_FLAGS</c>).</summary>
    Flags = 30,

    /// <summary>Address of the GNU symbol hash table (<c>DT_GNU_HASH</c>).</summary>
    GnuHash = 0x6ffffef5,

    /// <summary>Address of the symbols' versions (<c>DT_VERSYM</c>).</summary>
    VerSym = 0x6ffffff0,

    /// <summary>More flags (<c>DT_FLAGS_1</c>).</summary>
    Flags1 = 0x6ffffffb,

    /// <summary>Address of the version definitions (<c>DT_VERDEF</c>).</summary>
    VerDef = 0x6ffffffc,

    /// <summary>Their number (<c>DT_VERDEFNUM</c>).</summary>
    VerDefCount = 0x6ffffffd,

    /// <summary>Address of the version needs (<c>DT_VERNEED</c>).</summary>
    VerNeed = 0x6ffffffe,

    /// <summary>Their number (<c>DT_VERNEEDNUM</c>).</summary>
    VerNeedCount = 0x6fffffff,
}
