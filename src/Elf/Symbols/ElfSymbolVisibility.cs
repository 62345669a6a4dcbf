namespace P3Ebpf.Elf;

/// <summary>How far a global symbol reaches (lower two bits of <c>st_other</c>).</summary>
public enum ElfSymbolVisibility : byte
{
    /// <summary>As its binding says (<c>STV_DEFAULT</c>).</summary>
    Default = 0,

    /// <summary>Reserved for the processor (<c>STV_INTERNAL</c>).</summary>
    Internal = 1,

    /// <summary>Not outside the linked file (<c>STV_HIDDEN</c>).</summary>
    Hidden = 2,

    /// <summary>Visible, but not to be replaced (<c>STV_PROTECTED</c>).</summary>
    Protected = 3,
}
