
namespace P3Ebpf.Loader.Links;

/// <summary>
/// A struct_ops map in force, such as a scheduler or a TCP congestion control. With <see cref="BpfMapFlags.Link"/> (<c>.struct_ops.link</c>,
/// Linux 6.4) the kernel has a link for it, and it ends with the link. Without (<c>.struct_ops</c>) it is registered, and stays so until this is
/// disposed or <see cref="Detach"/> is called: also beyond the end of the process.
/// </summary>
public sealed class StructOpsLink : BpfLink
{
    private static readonly byte[] OnlyKey = new byte[sizeof(uint)];

    private BpfMap? _registered;

    private StructOpsLink(BpfHandle handle, string place, BpfMap? registered)
        : base(handle, place)
    {
        _registered = registered;
        IsKernelLink = registered is null;
    }

    /// <inheritdoc/>
    public override bool IsKernelLink { get; }

    /// <summary>Opens the pinned link of a map in force, as to replace the map by <see cref="Update(BpfMap)"/>.</summary>
    /// <exception cref="BpfException">Nothing is pinned there, it is not a link, or access is denied.</exception>
    public static new StructOpsLink FromPin(string path) => new(OpenPinned(path, "link"), $"link {path}", registered: null) { PinPath = path };

    /// <summary>Puts a map into force: one that was loaded from an object, or one created with <see cref="BpfMapFlags.Link"/> whose value was written.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.StructOps"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    /// <exception cref="InvalidOperationException">The map has no flag <see cref="BpfMapFlags.Link"/>, and was not loaded from an object; see <see cref="Register"/>.</exception>
    public static StructOpsLink Attach(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if ((map.Flags & BpfMapFlags.Link) == 0)
        {
            return Register(map, map.Callbacks ?? throw new InvalidOperationException(
                $"{map.Description} was created without the flag {BpfMapFlags.Link}: it is registered by writing its value."));
        }

        string action = $"attaching {map.Description}";
        MakeReady(map, action);
        using BpfHandle.Use use = map.Handle.Borrow();
        LinkCreateAttr attributes = default;
        attributes.MapFd = use.Descriptor;
        attributes.AttachType = BpfAttachType.StructOps;
        int result = BpfSystemCall.Invoke(BpfCommand.LinkCreate, ref attributes);
        return result >= 0
            ? new StructOpsLink(BpfHandle.Own(result), map.Description, registered: null) { Map = map }
            : throw Refused(action, map, -result, BpfCommand.LinkCreate);
    }

    /// <summary>Registers a map that was created without <see cref="BpfMapFlags.Link"/>, by writing its value.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.StructOps"/>.</param>
    /// <param name="value">The value in the kernel's layout, with the descriptors of programs where callbacks go.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static StructOpsLink Register(BpfMap map, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(map);
        BpfMap own = BpfMap.FromHandle(map.Handle.Duplicate(), map.Spec);
        try
        {
            map.Update(OnlyKey, value);
            return new StructOpsLink(own.Handle, map.Description, own) { Map = map };
        }
        catch (BpfException e)
        {
            own.Dispose();
            throw Refused($"registering {map.Description}", map, e.Error, BpfCommand.MapUpdateElem);
        }
    }

    /// <summary>Puts another map of the same kind into the place of this one, in one step (BPF_LINK_UPDATE).</summary>
    /// <param name="map">A map of the same struct, with <see cref="BpfMapFlags.Link"/>: one that was loaded from an object, or whose value was written.</param>
    /// <exception cref="BpfException">The kernel refuses: not every struct can be replaced while in force.</exception>
    /// <exception cref="ArgumentException">The map has no flag <see cref="BpfMapFlags.Link"/>.</exception>
    /// <exception cref="InvalidOperationException">The map in force has none: it was registered, and can only be detached.</exception>
    public void Update(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        string action = $"updating {Description} to {map.Description}";
        if (!IsKernelLink)
            throw new InvalidOperationException($"{Description} was registered without the flag {BpfMapFlags.Link}. Only what has it (SEC(\".struct_ops.link\"), Linux 6.4) can be replaced while in force.");
        if ((map.Flags & BpfMapFlags.Link) == 0)
            throw new ArgumentException($"{map.Description} was created without the flag {BpfMapFlags.Link}: writing its value would register it beside what is in force.", nameof(map));
        MakeReady(map, action);
        using BpfHandle.Use link = Handle.Borrow();
        using BpfHandle.Use other = map.Handle.Borrow();
        LinkUpdateAttr attributes = default;
        attributes.LinkFd = link.Descriptor;
        attributes.NewFd = other.Descriptor;
        int result = BpfSystemCall.Invoke(BpfCommand.LinkUpdate, ref attributes);
        if (result < 0)
            throw Refused(action, map, -result, BpfCommand.LinkUpdate);
        Map = map;
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        if (IsKernelLink)
            base.Detach();
        else
            Unregister();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Insist(TryUnregister);
        base.Dispose(disposing);
    }

    /// <summary>Writes the value of a map that was loaded from an object. Once written it cannot be changed, which the kernel calls busy.</summary>
    private static void MakeReady(BpfMap map, string action)
    {
        if (map.Callbacks is null)
            return;
        try
        {
            map.Update(OnlyKey, map.Callbacks);
        }
        catch (BpfException e) when (e.Error == Errno.EBUSY)
        {
        }
        catch (BpfException e)
        {
            throw Refused(action, map, e.Error, BpfCommand.MapUpdateElem);
        }
    }

    private static BpfException Refused(string action, BpfMap map, int error, BpfCommand command) =>
        new(action, error, command, map.Spec?.StructOps is { } structOps ? StructOpsKind.Of(structOps.KernelTypeName).HintFor(command, error) : null);

    private void Unregister()
    {
        _ = _registered?.Delete(OnlyKey);
        _registered = null;
    }

    private bool TryUnregister()
    {
        try
        {
            Unregister();
            return true;
        }
        catch (BpfException e)
        {
            return e.Error == Errno.ENOENT; // somebody else unregistered it
        }
    }
}
