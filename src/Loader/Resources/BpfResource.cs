
namespace P3Ebpf.Loader.Resources;

/// <summary>Something in the kernel that this process holds open and that can be pinned: a map, a program or a link.</summary>
public abstract class BpfResource : IDisposable
{
    private bool _disposed;

    private protected BpfResource(BpfHandle handle) => Handle = handle;

    /// <summary>The descriptor; owned by this object.</summary>
    public BpfHandle Handle { get; }

    /// <summary>Where this object is pinned as far as it knows: where it was opened, or <see cref="Pin"/> pinned it last; null where neither was.</summary>
    public string? PinPath { get; private protected set; }

    /// <summary>Names the object in messages, such as <c>map 'task_map'</c>.</summary>
    internal abstract string Description { get; }

    /// <summary>Gives the object a name in a mounted bpffs, which keeps it alive after this process.</summary>
    /// <param name="path">A path that does not exist yet, below a bpffs. Missing directories are made with mode 0700.</param>
    /// <exception cref="BpfException">The path exists, is not in a bpffs, or the kernel cannot pin such an object.</exception>
    public virtual void Pin(string path)
    {
        List<string> created = BpfFs.CreateParent(path, Description);
        using BpfHandle.Use use = Handle.Borrow();
        int result = BpfSystemCall.Pin(use.Descriptor, path);
        if (result < 0)
        {
            BpfFs.TakeBack(created);
            throw new BpfException($"pinning {Description} at {path}", -result, BpfCommand.ObjPin);
        }

        PinPath = path;
    }

    /// <summary>Removes the name under which the object was pinned or opened; does nothing when there is none.</summary>
    /// <exception cref="BpfException">The file is gone or not in a bpffs.</exception>
    public void Unpin()
    {
        if (PinPath is null)
            return;
        BpfFs.Unpin(PinPath);
        PinPath = null;
    }

    /// <summary>The same for a name that this object was pinned under a moment ago, and which therefore is in a bpffs.</summary>
    internal void TakeBackPin()
    {
        if (PinPath is { } path)
            BpfFs.TakeBack(path);
        PinPath = null;
    }

    /// <summary>Closes the descriptor.</summary>
    public void Dispose()
    {
        // Two threads may end the same attachment: one of them takes it back.
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what this object holds.</summary>
    /// <param name="disposing">True when called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            Handle.Dispose();
    }

    private protected static BpfHandle OpenPinned(string path, string kind)
    {
        int descriptor = BpfSystemCall.OpenPinned(path);
        if (descriptor < 0)
        {
            string? hint = descriptor == -Errno.EACCES && File.Exists(path) && !BpfFs.Contains(path) ? "It is an ordinary file, not in a bpffs." : null;
            throw new BpfException($"opening pinned {kind} {path}", -descriptor, BpfCommand.ObjGet, hint);
        }

        BpfHandle handle = BpfHandle.Own(descriptor);
        if (IsOfKind(handle, kind))
            return handle;
        handle.Dispose();
        throw new BpfException($"opening pinned {kind} {path}", Errno.EINVAL, BpfCommand.ObjGet);
    }

    // The kernel opens whatever is pinned and describes it in the layout of its own kind, so the kind is asked of procfs:
    // anon_inode:bpf-map, anon_inode:bpf-prog, anon_inode:bpf_link.
    private static bool IsOfKind(BpfHandle handle, string kind)
    {
        string? target = new FileInfo($"/proc/self/fd/{handle.Descriptor}").LinkTarget;
        return target is null || target.Contains($"bpf-{kind[..3]}", StringComparison.Ordinal) || target.Contains($"bpf_{kind}", StringComparison.Ordinal);
    }

    private protected static BpfHandle OpenById(BpfCommand command, uint id, string kind)
    {
        int descriptor = BpfSystemCall.OpenById(command, id);
        return descriptor >= 0 ? BpfHandle.Own(descriptor) : throw new BpfException($"opening {kind} {id}", -descriptor, command);
    }

    /// <summary>The ids of one kind of object, smallest first. What comes and goes meanwhile may be missed.</summary>
    /// <exception cref="BpfException">The process may not list (CAP_SYS_ADMIN), or the kernel cannot.</exception>
    internal static IReadOnlyList<uint> ListIds(BpfCommand command, string kind)
    {
        List<uint> ids = [];
        uint id = 0;
        int result;
        while ((result = BpfSystemCall.NextId(command, id, out id)) >= 0)
            ids.Add(id);
        return result == -Errno.ENOENT ? ids : throw new BpfException($"listing {kind}", -result, command);
    }

    /// <summary>Describes all objects of a kind, but for those that go away meanwhile.</summary>
    private protected static IReadOnlyList<TInfo> List<T, TInfo>(BpfCommand command, string kind, Func<uint, T> open, Func<T, TInfo> describe)
        where T : IDisposable
    {
        List<TInfo> found = [];
        foreach (uint id in ListIds(command, kind))
        {
            try
            {
                using T one = open(id);
                found.Add(describe(one));
            }
            catch (BpfException e) when (e.Error is Errno.ENOENT or Errno.EAGAIN)
            {
                // It is gone, or, of links, not yet there (bpf_link_by_id).
            }
        }

        return found;
    }

    /// <summary>Asks the kernel about an open object; <paramref name="info"/> may hold buffers to fill.</summary>
    private protected static void ReadInfo<T>(BpfHandle handle, ref T info, string description)
        where T : unmanaged
    {
        using BpfHandle.Use use = handle.Borrow();
        int result = BpfSystemCall.GetInfo(use.Descriptor, ref info);
        if (result < 0)
            throw new BpfException($"describing {description}", -result, BpfCommand.ObjGetInfoByFd);
    }
}
