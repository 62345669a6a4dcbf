namespace P3Ebpf.Loader.Resources;

/// <summary>Pinning that either happens as a whole or leaves nothing behind: a mount, directories and pins.</summary>
public sealed class BpfPinScope : IDisposable
{
    private readonly List<string> _createdDirectories = [];
    private readonly List<BpfResource> _pinned = [];
    private bool _completed;

    internal BpfPinScope()
    {
    }

    /// <summary>Whether bpffs was not mounted on <see cref="BpfFs.DefaultMountPoint"/> and now is.</summary>
    public bool MountedBpfFs { get; private set; }

    /// <summary>The objects pinned through this scope.</summary>
    public IReadOnlyList<BpfResource> Pinned => _pinned;

    /// <summary>Pins an object; the pin goes away with the scope unless that is completed.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Pin(BpfResource resource, string path)
    {
        ArgumentNullException.ThrowIfNull(resource);
        resource.Pin(Path.GetFullPath(path));
        _pinned.Add(resource);
    }

    /// <summary>Keeps everything.</summary>
    public void Complete() => _completed = true;

    /// <summary>Undoes everything, newest first, unless <see cref="Complete"/> was called.</summary>
    public void Dispose()
    {
        if (_completed)
            return;
        _completed = true;

        foreach (BpfResource resource in Enumerable.Reverse(_pinned))
            resource.TakeBackPin();
        BpfFs.TakeBack(_createdDirectories);
        if (MountedBpfFs)
            BpfFs.Unmount();
    }

    internal void Add(string path)
    {
        if (!MountedBpfFs && BpfFs.NeedsMount(path))
        {
            BpfFs.Mount();
            MountedBpfFs = true;
        }
        _createdDirectories.AddRange(BpfFs.CreateParent(path, "an object"));
    }
}
