namespace P3Ebpf.Loader;

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

    /// <summary>Bytes from the start of the value of the <c>.kconfig</c> map.</summary>
    internal int ConfigOffset { get; init; }

    /// <summary>Bytes of the value, of <c>.kconfig</c>.</summary>
    internal int Size { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
