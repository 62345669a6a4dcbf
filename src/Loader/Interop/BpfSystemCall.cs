using System.Runtime.CompilerServices;
using System.Text;

namespace P3Ebpf.Loader.Interop;

/// <summary>bpf(2). Results below zero are negated error numbers.</summary>
internal static unsafe class BpfSystemCall
{
    /// <summary>How often a program load is tried when a pending signal interrupts the verifier (EAGAIN).</summary>
    private const int Attempts = 5;

    public static int Invoke<T>(BpfCommand command, ref T attributes)
        where T : unmanaged
    {
        nint number = SystemCallNumbers.Current.Bpf;
        TokenDescriptor.Enter(command, ref attributes);
        fixed (T* pointer = &attributes)
        {
            nint result = Libc.SystemCall(number, (nint)command, (nint)pointer, Unsafe.SizeOf<T>(), 0, 0);
            SystemCallFault.Planted?.Tell(command, (int)result);
            return result < 0 ? Libc.NegativeError : (int)result;
        }
    }

    /// <summary>The same for commands that a pending signal may interrupt.</summary>
    public static int InvokeRetrying<T>(BpfCommand command, ref T attributes)
        where T : unmanaged
    {
        int result = 0;
        for (int i = 0; i < Attempts; i++)
        {
            result = Invoke(command, ref attributes);
            if (result != -Errno.EAGAIN && result != -Errno.EINTR)
                break;
        }
        return result;
    }

    /// <summary>Fills what the kernel tells about an open object.</summary>
    public static int GetInfo<T>(int descriptor, ref T info)
        where T : unmanaged
    {
        fixed (T* pointer = &info)
        {
            ObjectInfoAttr attributes = default;
            attributes.BpfFd = descriptor;
            attributes.InfoLength = (uint)Unsafe.SizeOf<T>();
            attributes.Info = (ulong)pointer;
            return Invoke(BpfCommand.ObjGetInfoByFd, ref attributes);
        }
    }

    /// <summary>Opens an object by its id.</summary>
    public static int OpenById(BpfCommand command, uint id)
    {
        ObjectIdAttr attributes = default;
        attributes.Id = id;
        return Invoke(command, ref attributes);
    }

    /// <summary>The id after <paramref name="id"/>, or a negated error: ENOENT after the last one.</summary>
    public static int NextId(BpfCommand command, uint id, out uint next)
    {
        ObjectIdAttr attributes = default;
        attributes.Id = id;
        int result = Invoke(command, ref attributes);
        next = attributes.NextId;
        return result;
    }

    /// <summary>Opens what is pinned at a path.</summary>
    public static int OpenPinned(string path)
    {
        fixed (byte* name = ZeroTerminated(path))
        {
            ObjectPathAttr attributes = default;
            attributes.PathName = (ulong)name;
            return Invoke(BpfCommand.ObjGet, ref attributes);
        }
    }

    /// <summary>Pins an open object at a path.</summary>
    public static int Pin(int descriptor, string path)
    {
        fixed (byte* name = ZeroTerminated(path))
        {
            ObjectPathAttr attributes = default;
            attributes.PathName = (ulong)name;
            attributes.BpfFd = descriptor;
            return Invoke(BpfCommand.ObjPin, ref attributes);
        }
    }

    public static int PerfEventOpen(ref PerfEventAttr attributes, int pid, int cpu)
    {
        const int CloseOnExec = 8; // PERF_FLAG_FD_CLOEXEC
        attributes.Size = (uint)Unsafe.SizeOf<PerfEventAttr>();
        fixed (PerfEventAttr* pointer = &attributes)
        {
            nint result = Libc.SystemCall(SystemCallNumbers.Current.PerfEventOpen, (nint)pointer, pid, cpu, -1, CloseOnExec);
            return result < 0 ? Libc.NegativeError : (int)result;
        }
    }

    public static byte[] ZeroTerminated(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A zero character cannot be handed to the kernel.", nameof(text));
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        _ = Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
