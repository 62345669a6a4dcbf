using System.Runtime.InteropServices;
using System.Text;

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

    public static nint SystemCall(nint number, nint a1, nint a2, nint a3, nint a4, nint a5) =>
        SystemCallFault.Planted is { } fault && fault.Strikes(SystemCallNumbers.NameOf(number), number == SystemCallNumbers.Current.Bpf ? a1 : 0) ? -1
        : Native.SystemCall(number, a1, a2, a3, a4, a5);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    public static int FileControl(int descriptor, int command, nint argument) =>
        IsRefused("fcntl") ? -1 : Native.FileControl(descriptor, command, argument);

    public static int DeviceControl(int descriptor, nuint request, nint argument) =>
        IsRefused("ioctl", (long)request) ? -1 : Native.DeviceControl(descriptor, request, argument);

    public static int Open(string path, int flags) =>
        IsRefused("open") ? -1 : Native.Open(path, flags);

    public static int OpenByFileHandle(int mount, void* fileHandle, int flags) =>
        IsRefused("open_by_handle_at") ? -1 : Native.OpenByFileHandle(mount, fileHandle, flags);

    public static uint InterfaceIndex(string name) =>
        IsRefused("if_nametoindex") ? 0 : Native.InterfaceIndex(name);

    [LibraryImport("libc", EntryPoint = "if_indextoname", SetLastError = true)]
    public static partial nint InterfaceName(uint index, byte* name);

    public static nint Read(int descriptor, void* buffer, nuint count) =>
        IsRefused("read") ? -1 : Native.Read(descriptor, buffer, count);

    public static nint Write(int descriptor, void* buffer, nuint count) =>
        IsRefused("write") ? -1 : Native.Write(descriptor, buffer, count);

    public static nint MapMemory(nint address, nuint length, int protection, int flags, int descriptor, nint offset) =>
        IsRefused("mmap") ? -1 : Native.MapMemory(address, length, protection, flags, descriptor, offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int UnmapMemory(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ReadLink(string path, byte* target, nuint size);

    public static int EpollCreate(int flags) =>
        IsRefused("epoll_create1") ? -1 : Native.EpollCreate(flags);

    public static int EpollControl(int set, int operation, int descriptor, void* request) =>
        IsRefused("epoll_ctl", operation) ? -1 : Native.EpollControl(set, operation, descriptor, request);

    public static int EpollWait(int set, void* events, int maximum, int timeoutMilliseconds) =>
        IsRefused("epoll_wait") ? -1 : Native.EpollWait(set, events, maximum, timeoutMilliseconds);

    public static int EventDescriptor(uint initialValue, int flags) =>
        IsRefused("eventfd") ? -1 : Native.EventDescriptor(initialValue, flags);

    public static int StatFileSystem(string path, void* buffer) =>
        IsRefused("statfs") ? -1 : Native.StatFileSystem(path, buffer);

    public static int Mount(string source, string target, string type, nuint flags, string? data) =>
        IsRefused("mount") ? -1 : Native.Mount(source, target, type, flags, data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    public static int MakeDirectory(string path, uint mode) =>
        IsRefused("mkdir") ? -1 : Native.MakeDirectory(path, mode);

    public static int RemoveDirectory(string path) =>
        IsRefused("rmdir") ? -1 : Native.RemoveDirectory(path);

    public static int RemoveFile(string path) =>
        IsRefused("unlink") ? -1 : Native.RemoveFile(path);

    public static int OpenSocket(int domain, int type, int protocol) =>
        IsRefused("socket") ? -1 : Native.OpenSocket(domain, type, protocol);

    public static int SetSocketOption(int socket, int level, int name, void* value, uint size) =>
        IsRefused("setsockopt") ? -1 : Native.SetSocketOption(socket, level, name, value, size);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    /// <summary>The number of a file's inode; 0 where there is no such file.</summary>
    public static ulong InodeOf(string path)
    {
        const uint InodeMask = 0x100; // STATX_INO
        const int InodeOffset = 0x20; // struct statx.stx_ino
        byte* buffer = stackalloc byte[256];
        return Native.StatExtended(-100, path, 0, InodeMask, buffer) == 0 ? *(ulong*)(buffer + InodeOffset) : 0; // AT_FDCWD
    }

    /// <summary>Reads one of the kernel's files that hold a number or a word.</summary>
    /// <returns>0, or the error number.</returns>
    public static int TryReadText(string path, out string text)
    {
        const int Longest = 64;
        text = "";
        int descriptor = Open(path, OpenCloseOnExec);
        if (descriptor < 0)
            return -NegativeError;
        byte* bytes = stackalloc byte[Longest];
        nint count = Read(descriptor, bytes, Longest);
        int error = count < 0 ? -NegativeError : 0;
        _ = Close(descriptor);
        if (error == 0)
            text = Encoding.UTF8.GetString(bytes, (int)count);
        return error;
    }

    /// <summary>The number of the last error of a call above, negated, as the kernel itself returns errors.</summary>
    public static int NegativeError => -Marshal.GetLastPInvokeError();

    private static bool IsRefused(string name, long detail = 0) => SystemCallFault.Planted is { } fault && fault.Strikes(name, detail);

    /// <summary>The calls of which a <see cref="SystemCallFault"/> may refuse some.</summary>
    private static partial class Native
    {
        [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
        public static partial nint SystemCall(nint number, nint a1, nint a2, nint a3, nint a4, nint a5);

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

        [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
        public static partial nint Read(int descriptor, void* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
        public static partial nint Write(int descriptor, void* buffer, nuint count);

        [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
        public static partial nint MapMemory(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

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

        [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int MakeDirectory(string path, uint mode);

        [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int RemoveDirectory(string path);

        [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int RemoveFile(string path);

        [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
        public static partial int OpenSocket(int domain, int type, int protocol);

        [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
        public static partial int SetSocketOption(int socket, int level, int name, void* value, uint size);

        [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int StatExtended(int directory, string path, int flags, uint mask, void* buffer);
    }
}
