namespace P3Ebpf.Object;

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
