
namespace P3Ebpf.Loader.Links;

/// <summary>A struct_ops map in force, such as a scheduler. Linux 6.4.</summary>
public sealed class StructOpsLink : BpfLink
{
    private StructOpsLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Puts a map into force whose value was written and that was created with <see cref="BpfMapFlags.Link"/>.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.StructOps"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static StructOpsLink Attach(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        using BpfHandle.Use use = map.Handle.Borrow();
        LinkCreateAttr attributes = default;
        attributes.MapFd = use.Descriptor;
        attributes.AttachType = BpfAttachType.StructOps;
        int result = BpfSystemCall.Invoke(BpfCommand.LinkCreate, ref attributes);
        return result >= 0
            ? new StructOpsLink(BpfHandle.Own(result), map.Description)
            : throw new BpfException($"attaching {map.Description}", -result, BpfCommand.LinkCreate);
    }
}
