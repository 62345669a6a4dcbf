using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>A type of the target that bears the name of a relocation's root type.</summary>
/// <param name="Btf">The BTF that has it: <c>vmlinux</c>, a file, or a module's name.</param>
/// <param name="Id">Its id there.</param>
/// <param name="Type">Kind and name, for example <c>struct task_struct</c>.</param>
/// <param name="Matches">Whether it has what the relocation asks for.</param>
/// <param name="IsRuledOut">Whether an earlier relocation of the same root had ruled it out, so that it was not considered.</param>
/// <param name="FailedAt">The step that failed: 0 is the root, 1 the first member or element that the program names, and so on.</param>
/// <param name="Reason">Why it does not match, as a sentence without a full stop; <see langword="null"/> where it does.</param>
public sealed record CoreCandidate(string Btf, BtfTypeId Id, string Type, bool Matches, bool IsRuledOut, int? FailedAt, string? Reason);
