namespace P3Ebpf.Object;

/// <summary>
/// Marks a struct that may stand for any type of its size. Other structs are compared, field by field, with the type that the object's BTF gives to the keys,
/// values, variables or records that they are used for, and refused where they differ.
/// </summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class BpfOpaqueAttribute : Attribute;
