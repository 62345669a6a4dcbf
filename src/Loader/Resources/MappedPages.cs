using Microsoft.Win32.SafeHandles;

namespace P3Ebpf.Loader.Resources;

/// <summary>Pages of a descriptor in this process's memory.</summary>
internal sealed unsafe class MappedPages : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly nuint _length;

    /// <param name="owner">The descriptor.</param>
    /// <param name="offset">Where in it the pages begin.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="writable">Whether they can be written.</param>
    /// <param name="what">What they are, for errors.</param>
    /// <param name="wanted">The address that they must have, where nothing else may be yet; 0 for any.</param>
    public MappedPages(BpfHandle owner, long offset, long length, bool writable, string what, nint wanted = 0)
        : base(ownsHandle: true)
    {
        using BpfHandle.Use use = owner.Borrow();
        int protection = Libc.ProtectionRead | (writable ? Libc.ProtectionWrite : 0);
        int flags = Libc.MapShared | (wanted == 0 ? 0 : Libc.MapFixedNoReplace);
        _length = checked((nuint)length);
        nint address = Libc.MapMemory(wanted, _length, protection, flags, use.Descriptor, (nint)offset);
        if (address == -1)
        {
            int error = -Libc.NegativeError;
            throw new BpfException(
                $"mapping {what} into memory", error,
                hint: wanted != 0 && error == Errno.EEXIST ? $"It is to lie at 0x{wanted:x}, where this process has other memory; change or leave out map_extra." : null);
        }

        SetHandle(address);
    }

    /// <summary>The first byte; null once they are given back. Nothing keeps them from being given back meanwhile: see <see cref="Borrow"/>.</summary>
    public byte* Start => IsClosed ? null : (byte*)handle;

    /// <summary>Keeps the pages until the result is disposed, whatever other threads do.</summary>
    /// <exception cref="ObjectDisposedException">They were given back.</exception>
    public Use Borrow() => new(this);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.UnmapMemory(handle, _length) == 0;

    /// <summary>Pages that stay for the duration of a read or write; the default stands for none.</summary>
    public readonly ref struct Use
    {
        private readonly MappedPages? _owner;

        public Use(MappedPages owner)
        {
            bool added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        public void Dispose() => _owner?.DangerousRelease();
    }
}
