namespace P3Ebpf.Object.Linking;

/// <summary>What the kernel has for an extern.</summary>
/// <param name="Address">The address of an untyped symbol.</param>
/// <param name="BtfTypeId">The id of a variable or function in the kernel's BTF.</param>
/// <param name="ModuleDescriptor">The descriptor of the BTF of the module that has it; 0 for the kernel itself.</param>
/// <param name="FdIndex">Where the module's descriptor stands in the list that goes with a program; 0 for the kernel itself.</param>
internal sealed record ResolvedExtern(ulong Address = 0, uint BtfTypeId = 0, int ModuleDescriptor = 0, short FdIndex = 0);
