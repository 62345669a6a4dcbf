namespace P3Ebpf.CoRe.Differential;

/// <param name="Name">The name; empty for an anonymous struct or union.</param>
/// <param name="Type">The type.</param>
/// <param name="Bits">The width of a bitfield; 0 for other members.</param>
internal sealed record CMember(string Name, CType Type, int Bits = 0);
