using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>A step of an access that means something in C: the root, a named member, an array's element.</summary>
/// <param name="TypeId">Of a member, the struct or union that holds it; otherwise the type of the element. Stripped of typedefs and qualifiers.</param>
/// <param name="Index">The number of the member or element.</param>
/// <param name="IsMember">Whether it is a named member.</param>
internal readonly record struct CoreAccessor(BtfTypeId TypeId, int Index, bool IsMember);
