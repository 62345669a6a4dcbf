namespace P3Ebpf.Object;

/// <summary>Something that an object declares <c>extern</c> and the kernel provides.</summary>
public sealed class BpfExternSpec
{
    internal BpfExternSpec(string name, BpfExternKind kind, uint btfTypeId, bool isWeak)
    {
        Name = name;
        Kind = kind;
        BtfTypeId = btfTypeId;
        IsWeak = isWeak;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Where its value comes from.</summary>
    public BpfExternKind Kind { get; }

    /// <summary>Its type in the object's BTF: that of the value, or the function.</summary>
    public uint BtfTypeId { get; }

    /// <summary>Whether it may be missing: it is 0 then, and its calls must be dead code.</summary>
    public bool IsWeak { get; }

    /// <summary>Of <c>.kconfig</c>: what sort of value it takes.</summary>
    internal KernelConfigType ConfigType { get; init; }

    /// <summary>Of <c>.kconfig</c>: whether a number may be negative.</summary>
    internal bool IsSigned { get; init; }

    /// <summary>Of <c>.kconfig</c>: bytes of the value.</summary>
    internal int Size { get; init; }

    /// <summary>Of <c>.kconfig</c>: bytes that the value's place is a multiple of.</summary>
    internal int Alignment { get; init; }

    /// <summary>Of <c>.kconfig</c>: bytes from the start of the map's value.</summary>
    internal int ConfigOffset { get; set; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Where the value of an extern comes from.</summary>
public enum BpfExternKind
{
    /// <summary>The kernel's configuration, or a fact about the kernel (<c>.kconfig</c>).</summary>
    KernelConfig,

    /// <summary>The address of a kernel symbol, without type (<c>.ksyms</c>).</summary>
    SymbolAddress,

    /// <summary>A variable of the kernel, by its BTF (<c>.ksyms</c>).</summary>
    KernelVariable,

    /// <summary>A function of the kernel (kfunc), by its BTF (<c>.ksyms</c>).</summary>
    KernelFunction,
}

/// <summary>The C types that a <c>.kconfig</c> extern can have.</summary>
internal enum KernelConfigType
{
    /// <summary><c>bool</c>: y or n.</summary>
    Bool,

    /// <summary>One byte: the letter y, n or m, or a number.</summary>
    Char,

    /// <summary>An integer of 2, 4 or 8 bytes.</summary>
    Integer,

    /// <summary><c>enum libbpf_tristate</c>: no 0, yes 1, module 2.</summary>
    Tristate,

    /// <summary>An array of characters.</summary>
    Text,
}
