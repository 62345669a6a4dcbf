using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Running;

/// <summary>Names control groups, which programs know by number (<c>bpf_get_current_cgroup_id</c>).</summary>
public static unsafe class CgroupPath
{
    private const int KernfsId = 0xfe; // FILEID_KERNFS, include/linux/exportfs.h

    private static readonly Lazy<string?> MountPoint = new(FindMountPoint);

    /// <summary>The path of a control group within the cgroup2 hierarchy, <c>/</c> for its root.</summary>
    /// <param name="id">The group's number: also that of its directory's inode.</param>
    /// <returns><see langword="null"/> where there is no such group, no cgroup2, or the process may not open files by handle (CAP_DAC_READ_SEARCH).</returns>
    public static string? FromId(ulong id)
    {
        if (MountPoint.Value is not { } mountPoint)
            return null;
        int mount = Libc.Open(mountPoint, Libc.OpenCloseOnExec);
        if (mount < 0)
            return null;
        using BpfHandle root = BpfHandle.Own(mount);
        var name = new FileHandle { Size = sizeof(ulong), Type = KernfsId, Id = id };
        using BpfHandle.Use use = root.Borrow();
        int descriptor = Libc.OpenByFileHandle(use.Descriptor, &name, Libc.OpenCloseOnExec);
        if (descriptor < 0)
            return null;
        using BpfHandle group = BpfHandle.Own(descriptor);
        using BpfHandle.Use open = group.Borrow();
        string? path = new FileInfo($"/proc/self/fd/{open.Descriptor}").LinkTarget;
        if (path is null || !path.StartsWith(mountPoint, StringComparison.Ordinal))
            return null;
        return path.Length == mountPoint.Length ? "/" : path[mountPoint.Length..];
    }

    private static string? FindMountPoint()
    {
        const string Mounts = "/proc/self/mounts";
        return !File.Exists(Mounts) ? null : File.ReadLines(Mounts).Select(line => line.Split(' ')).FirstOrDefault(fields => fields is [_, _, "cgroup2", ..])?[1];
    }

    /// <summary><c>struct file_handle</c> with what kernfs puts into it.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct FileHandle
    {
        public uint Size;
        public int Type;
        public ulong Id;
    }
}
