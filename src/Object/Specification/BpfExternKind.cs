namespace P3Ebpf.Object;

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
