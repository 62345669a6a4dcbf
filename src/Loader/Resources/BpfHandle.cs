using Microsoft.Win32.SafeHandles;

namespace P3Ebpf.Loader.Resources;

/// <summary>Owns a file descriptor of a BPF object. Descriptors are close-on-exec and above 2.</summary>
public sealed class BpfHandle : SafeHandleMinusOneIsInvalid
{
    private const int FirstDescriptor = 3;

    private BpfHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Takes ownership of a descriptor, moving it above 2 so that it never stands in for standard input or output.</summary>
    /// <param name="descriptor">An open descriptor, 0 or more.</param>
    /// <exception cref="BpfException">The descriptor had to be moved and could not be.</exception>
    public static BpfHandle Own(int descriptor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor);
        if (descriptor >= FirstDescriptor)
            return new BpfHandle(descriptor);

        int moved = Libc.FileControl(descriptor, Libc.FcntlDuplicateCloseOnExec, FirstDescriptor);
        int error = moved < 0 ? -Libc.NegativeError : 0;
        _ = Libc.Close(descriptor);
        return error == 0 ? new BpfHandle(moved) : throw new BpfException("moving a file descriptor above 2", error);
    }

    /// <summary>Opens a process: a key of task storage. Linux 5.3.</summary>
    /// <param name="processId">Its number.</param>
    /// <exception cref="BpfException">There is no such process, or the kernel cannot.</exception>
    public static BpfHandle OfProcess(int processId)
    {
        nint descriptor = Libc.SystemCall(SystemCallNumbers.PidFdOpen, processId, 0, 0, 0, 0);
        return descriptor >= 0 ? Own((int)descriptor) : throw new BpfException($"opening process {processId}", -Libc.NegativeError);
    }

    /// <summary>Opens a file or directory for reading: a key of inode storage, or for a directory of cgroup2 of control group storage.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="BpfException">There is no such file, or it may not be read.</exception>
    public static BpfHandle OfPath(string path)
    {
        int descriptor = Libc.Open(path, Libc.OpenCloseOnExec);
        return descriptor >= 0 ? Own(descriptor) : throw new BpfException($"opening {path}", -Libc.NegativeError);
    }

    /// <summary>Another descriptor of the same object.</summary>
    /// <exception cref="BpfException">The process has too many descriptors open.</exception>
    public BpfHandle Duplicate()
    {
        using Use use = Borrow();
        int copy = Libc.FileControl(use.Descriptor, Libc.FcntlDuplicateCloseOnExec, FirstDescriptor);
        return copy >= 0 ? new BpfHandle(copy) : throw new BpfException("duplicating a file descriptor", -Libc.NegativeError);
    }

    /// <summary>The descriptor's number: what relocated instructions carry. Valid while this handle is open.</summary>
    /// <exception cref="ObjectDisposedException">The handle is closed.</exception>
    public int Descriptor
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (int)handle;
        }
    }

    /// <summary>Keeps the descriptor open until the result is disposed, whatever other threads do.</summary>
    internal Use Borrow() => new(this);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;

    /// <summary>A descriptor that stays open for the duration of a system call.</summary>
    internal readonly ref struct Use
    {
        private readonly BpfHandle _owner;

        public Use(BpfHandle owner)
        {
            bool added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        public int Descriptor => (int)_owner.handle;

        public void Dispose() => _owner.DangerousRelease();
    }
}
