using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>A type of the target that a local root type may correspond to.</summary>
internal readonly record struct CoreCandidateType(CoreTargetBtf Target, BtfTypeId Id)
{
    public BtfSpec Btf => Target.Btf;
}
