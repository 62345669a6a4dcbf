using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>One of the BTFs of a target.</summary>
/// <param name="Btf">Its types.</param>
/// <param name="Name">What messages call it.</param>
/// <param name="OwnTypesOnly">Whether the types of its bases are not searched, because they have been already.</param>
internal sealed record CoreTargetBtf(BtfSpec Btf, string Name, bool OwnTypesOnly)
{
    public BtfTypeList Types => OwnTypesOnly ? Btf.OwnTypes : Btf.Types;

    /// <summary>Adds the types whose essential name and kind are those of a local root type.</summary>
    public void AddCandidates(BtfType root, List<CoreCandidateType> found)
    {
        foreach (BtfType type in Btf.FindAllFlavors(BtfEssentialName.Of(root.Name.Bytes)))
        {
            if (CoreKinds.AreCompatible(root.Kind, type.Kind) && (!OwnTypesOnly || type.Id >= Btf.FirstId))
                found.Add(new CoreCandidateType(this, type.Id));
        }
    }
}
