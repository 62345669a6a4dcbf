namespace P3Ebpf.Object;

/// <summary>What the object puts into a slot of a map of maps or of a program array.</summary>
/// <param name="Map">The inner map, or <see langword="null"/>.</param>
/// <param name="Program">The program, or <see langword="null"/>.</param>
internal sealed record BpfSlotValue(BpfMapSpec? Map, BpfProgramSpec? Program);
