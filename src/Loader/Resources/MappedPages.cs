
namespace P3Ebpf.Loader.Resources;

/// <summary>Pages of a descriptor in this process's memory.</summary>
internal sealed unsafe class MappedPages : IDisposable
{
    private readonly nuint _length;
    private byte* _start;

    /// <param name="handle">The descriptor.</param>
    /// <param name="offset">Where in it the pages begin.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="writable">Whether they can be written.</param>
    /// <param name="what">What they are, for errors.</param>
    /// <param name="wanted">The address that they must have, where nothing else may be yet; 0 for any.</param>
    public MappedPages(BpfHandle handle, long offset, long length, bool writable, string what, nint wanted = 0)
    {
        using BpfHandle.Use use = handle.Borrow();
        int protection = Libc.ProtectionRead | (writable ? Libc.ProtectionWrite : 0);
        int flags = Libc.MapShared | (wanted == 0 ? 0 : Libc.MapFixedNoReplace);
        nint address = Libc.MapMemory(wanted, checked((nuint)length), protection, flags, use.Descriptor, (nint)offset);
        if (address == -1)
        {
            int error = -Libc.NegativeError;
            throw new BpfException(
                $"mapping {what} into memory", error,
                hint: wanted != 0 && error == Errno.EEXIST ? $"It is to lie at 0x{wanted:x}, where this process has other memory; change or leave out map_extra." : null);
        }

        _start = (byte*)address;
        _length = (nuint)length;
    }

    ~MappedPages() => Unmap();

    public byte* Start => _start;

    public void Dispose()
    {
        Unmap();
        GC.SuppressFinalize(this);
    }

    private void Unmap()
    {
        if (_start != null)
            _ = Libc.UnmapMemory((nint)_start, _length);
        _start = null;
    }
}
