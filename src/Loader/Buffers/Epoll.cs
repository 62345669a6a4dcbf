using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Buffers;

/// <summary>epoll(7).</summary>
internal static unsafe class Epoll
{
    private const int CloseOnExec = 0x80000; // EPOLL_CLOEXEC
    private const int AddMember = 1; // EPOLL_CTL_ADD
    private const int ModifyMember = 3; // EPOLL_CTL_MOD
    private const uint In = 1; // EPOLLIN
    private const uint OneShot = 1u << 30; // EPOLLONESHOT

    // struct epoll_event is packed on x86-64 alone (EPOLL_PACKED of include/uapi/linux/eventpoll.h).
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(ulong);

    /// <summary>Makes an empty set.</summary>
    /// <exception cref="BpfException">The process has too many descriptors open.</exception>
    public static BpfHandle Create()
    {
        int descriptor = Libc.EpollCreate(CloseOnExec);
        return descriptor >= 0 ? BpfHandle.Own(descriptor) : throw new BpfException("creating an epoll set", -Libc.NegativeError);
    }

    /// <summary>Adds a member, or arms one again that was waited for once.</summary>
    /// <param name="set">The set.</param>
    /// <param name="member">The descriptor to wait for.</param>
    /// <param name="key">What <see cref="Wait"/> is to answer.</param>
    /// <param name="once">Whether it is answered only once.</param>
    public static void Add(BpfHandle set, BpfHandle member, ulong key, bool once)
    {
        using BpfHandle.Use setUse = set.Borrow();
        using BpfHandle.Use memberUse = member.Borrow();
        byte* request = stackalloc byte[16];
        *(uint*)request = once ? In | OneShot : In;
        *(ulong*)(request + DataOffset) = key;
        if (Libc.EpollControl(setUse.Descriptor, AddMember, memberUse.Descriptor, request) == 0)
            return;
        int error = -Libc.NegativeError;
        if (error == Errno.EEXIST && Libc.EpollControl(setUse.Descriptor, ModifyMember, memberUse.Descriptor, request) == 0)
            return;
        throw new BpfException("waiting for records", error);
    }

    /// <summary>Waits for members.</summary>
    /// <param name="set">The set.</param>
    /// <param name="ready">Gets the keys of those that are ready.</param>
    /// <param name="milliseconds">The longest wait; -1 for any.</param>
    /// <returns>How many are; -1 when a signal interrupted the wait.</returns>
    public static int Wait(BpfHandle set, Span<ulong> ready, int milliseconds)
    {
        const int Most = 64;
        byte* events = stackalloc byte[Most * 16];
        using BpfHandle.Use use = set.Borrow();
        int count = Libc.EpollWait(use.Descriptor, events, Math.Min(Most, ready.Length), milliseconds);
        if (count < 0)
            return -Libc.NegativeError == Errno.EINTR ? -1 : throw new BpfException("waiting for records", -Libc.NegativeError);
        for (int i = 0; i < count; i++)
            ready[i] = *(ulong*)(events + (i * EventSize) + DataOffset);
        return count;
    }
}
