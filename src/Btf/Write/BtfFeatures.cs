namespace P3Ebpf.Btf;

/// <summary>What of BTF a kernel understands beyond the kinds of Linux 4.18.</summary>
[Flags]
public enum BtfFeatures
{
    /// <summary>Only the kinds up to <see cref="BtfKind.Restrict"/>.</summary>
    None = 0,

    /// <summary>Functions and their prototypes (Linux 5.0).</summary>
    Func = 1 << 0,

    /// <summary>Functions with global linkage (Linux 5.6).</summary>
    GlobalFunc = 1 << 1,

    /// <summary>Variables and their sections (Linux 5.2).</summary>
    DataSec = 1 << 2,

    /// <summary>Sections whose name begins with a question mark (Linux 6.9).</summary>
    QuestionDataSec = 1 << 3,

    /// <summary>Floating-point numbers (Linux 5.13).</summary>
    Float = 1 << 4,

    /// <summary>Declaration tags (Linux 5.16).</summary>
    DeclTag = 1 << 5,

    /// <summary>Type tags (Linux 5.17).</summary>
    TypeTag = 1 << 6,

    /// <summary>64-bit enumerations and the mark of signed ones (Linux 6.0).</summary>
    Enum64 = 1 << 7,

    /// <summary>A layout section and the 32-byte header that announces it (Linux 7.1).</summary>
    Layout = 1 << 8,

    /// <summary>All of them: nothing is rewritten.</summary>
    All = (1 << 9) - 1,
}
