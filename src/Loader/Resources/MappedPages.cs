
namespace P3Ebpf.Loader.Resources;

/// <summary>Pages of a descriptor in this process's memory.</summary>
internal sealed unsafe class MappedPages : IDisposable
{
    private readonly nuint _length;
    private byte* _start;

    public MappedPages(BpfHandle handle, long offset, long length, bool writable, string what)
    {
        using BpfHandle.Use use = handle.Borrow();
        int protection = Libc.ProtectionRead | (writable ? Libc.ProtectionWrite : 0);
        nint address = Libc.MapMemory(0, checked((nuint)length), protection, Libc.MapShared, use.Descriptor, (nint)offset);
        if (address == -1)
            throw new BpfException($"mapping {what} into memory", -Libc.NegativeError);
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
