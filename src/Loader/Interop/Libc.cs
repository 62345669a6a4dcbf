using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>The C library's calls that .NET has no equivalent for. All take and return what the manual pages say.</summary>
internal static unsafe partial class Libc
{
    public const int FcntlDuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
    public const int ProtectionRead = 1;
    public const int ProtectionWrite = 2;
    public const int MapShared = 1;
    public const int MapFixedNoReplace = 0x100000; // MAP_FIXED_NOREPLACE
    public const int OpenCloseOnExec = 0x80000; // O_CLOEXEC with O_RDONLY
    public const int OpenWriteOnly = 1;
    public const int OpenAppend = 0x400;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint a1, nint a2, nint a3, nint a4, nint a5);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FileControl(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int DeviceControl(int descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open_by_handle_at", SetLastError = true)]
    public static partial int OpenByFileHandle(int mount, void* fileHandle, int flags);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint InterfaceIndex(string name);

    [LibraryImport("libc", EntryPoint = "if_indextoname", SetLastError = true)]
    public static partial nint InterfaceName(uint index, byte* name);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint MapMemory(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int UnmapMemory(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int set, int operation, int descriptor, void* request);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int set, void* events, int maximum, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initialValue, int flags);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatFileSystem(string path, void* buffer);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int OpenSocket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int socket, int level, int name, void* value, uint size);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatExtended(int directory, string path, int flags, uint mask, void* buffer);

    /// <summary>The number of a file's inode; 0 where there is no such file.</summary>
    public static ulong InodeOf(string path)
    {
        const uint InodeMask = 0x100; // STATX_INO
        const int InodeOffset = 0x20; // struct statx.stx_ino
        byte* buffer = stackalloc byte[256];
        return StatExtended(-100, path, 0, InodeMask, buffer) == 0 ? *(ulong*)(buffer + InodeOffset) : 0; // AT_FDCWD
    }

    /// <summary>The number of the last error of a call above, negated, as the kernel itself returns errors.</summary>
    public static int NegativeError => -Marshal.GetLastPInvokeError();
}
