namespace P3Ebpf.Elf;

/// <summary>Values of a symbol's section index that name no section (<c>SHN_*</c>).</summary>
public static class ElfSectionIndex
{
    /// <summary>Not defined in this file (<c>SHN_UNDEF</c>).</summary>
    public const uint Undefined = 0;

    /// <summary>The first reserved value (<c>SHN_LORESERVE</c>).</summary>
    public const uint LowReserve = 0xff00;

    /// <summary>A value that is no address (<c>SHN_ABS</c>).</summary>
    public const uint Absolute = 0xfff1;

    /// <summary>A common block that has no place yet (<c>SHN_COMMON</c>).</summary>
    public const uint Common = 0xfff2;

    /// <summary>The index stands elsewhere because it does not fit 16 bits (<c>SHN_XINDEX</c>).</summary>
    public const uint Extended = 0xffff;
}
