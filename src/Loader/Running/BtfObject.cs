using System.Text;

namespace P3Ebpf.Loader.Running;

/// <summary>BTF in the kernel: an object's own, the kernel's, or a module's.</summary>
public sealed unsafe class BtfObject : IDisposable
{
    private const int MaximumNameLength = 64;
    private const int MaximumLogSize = 16 << 20;

    private BtfObject(BpfHandle handle) => Handle = handle;

    /// <summary>The descriptor; owned by this object.</summary>
    public BpfHandle Handle { get; }

    /// <summary>Verifies and loads BTF.</summary>
    /// <param name="btf">Raw BTF in this machine's byte order.</param>
    /// <exception cref="BpfVerifierException">The kernel rejects it; the exception holds the log.</exception>
    /// <exception cref="BpfException">The kernel refuses for another reason.</exception>
    public static BtfObject Load(ReadOnlySpan<byte> btf)
    {
        fixed (byte* data = btf)
        {
            BtfLoadAttr attributes = default;
            attributes.Btf = (ulong)data;
            attributes.BtfSize = (uint)btf.Length;
            int descriptor = Memlock.Guard(BpfCommand.BtfLoad, ref attributes);
            return descriptor >= 0 ? new BtfObject(BpfHandle.Own(descriptor)) : throw Explain(attributes, descriptor);
        }
    }

    /// <summary>Opens BTF by its id.</summary>
    /// <exception cref="BpfException">There is no such BTF, or the process may not open by id (CAP_SYS_ADMIN).</exception>
    public static BtfObject FromId(uint id)
    {
        int descriptor = BpfSystemCall.OpenById(BpfCommand.BtfGetFdById, id);
        return descriptor >= 0
            ? new BtfObject(BpfHandle.Own(descriptor))
            : throw new BpfException($"opening BTF {id}", -descriptor, BpfCommand.BtfGetFdById);
    }

    /// <summary>All BTF in the kernel, whosever it is, by id. Linux 5.5.</summary>
    /// <exception cref="BpfException">The process may not list (CAP_SYS_ADMIN).</exception>
    public static IReadOnlyList<BtfObjectInfo> List()
    {
        List<BtfObjectInfo> found = [];
        foreach (uint id in BpfResource.ListIds(BpfCommand.BtfGetNextId, "BTF"))
        {
            int descriptor = BpfSystemCall.OpenById(BpfCommand.BtfGetFdById, id);
            if (descriptor < 0)
                continue;
            using BtfObject btf = new(BpfHandle.Own(descriptor));
            found.Add(btf.GetInfo());
        }

        return found;
    }

    /// <summary>The BTF of the kernel (named <c>vmlinux</c>) and of its modules, by id. Since Linux 5.11.</summary>
    /// <remarks>Empty where the process may not list (CAP_SYS_ADMIN) or the kernel does not tell. What goes away meanwhile is passed over.</remarks>
    public static IReadOnlyList<BtfObjectInfo> ListKernel()
    {
        List<BtfObjectInfo> found = [];
        uint id = 0;
        while (BpfSystemCall.NextId(BpfCommand.BtfGetNextId, id, out id) >= 0)
        {
            int descriptor = BpfSystemCall.OpenById(BpfCommand.BtfGetFdById, id);
            if (descriptor < 0)
                continue;
            using BtfObject btf = new(BpfHandle.Own(descriptor));
            BtfObjectInfo info = btf.GetInfo();
            if (info.IsKernel)
                found.Add(info);
        }
        return found;
    }

    /// <summary>Asks the kernel about the BTF.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BtfObjectInfo GetInfo()
    {
        byte* name = stackalloc byte[MaximumNameLength];
        new Span<byte>(name, MaximumNameLength).Clear();
        BtfInfo info = default;
        info.Name = (ulong)name;
        info.NameLength = MaximumNameLength;
        if (TryRead(ref info) == -Errno.E2BIG)
        {
            info = default; // before Linux 5.11 BTF has no name
            Read(ref info);
        }
        // Without a name the length comes back as 0, or as it went in.
        string text = info.Name == 0 ? "" : Encoding.UTF8.GetString(name, Math.Min((int)info.NameLength, MaximumNameLength - 1));
        return new BtfObjectInfo(info.Id, text.TrimEnd('\0'), info.KernelBtf != 0, (int)info.BtfSize);
    }

    /// <summary>Reads the raw BTF.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public byte[] ReadData()
    {
        BtfInfo info = default;
        Read(ref info);
        byte[] data = new byte[info.BtfSize];
        fixed (byte* pointer = data)
        {
            info = default;
            info.Btf = (ulong)pointer;
            info.BtfSize = (uint)data.Length;
            Read(ref info);
        }
        return data;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private void Read(ref BtfInfo info)
    {
        int result = TryRead(ref info);
        if (result < 0)
            throw new BpfException("describing BTF", -result, BpfCommand.ObjGetInfoByFd);
    }

    private int TryRead(ref BtfInfo info)
    {
        using BpfHandle.Use use = Handle.Borrow();
        return BpfSystemCall.GetInfo(use.Descriptor, ref info);
    }

    private static BpfException Explain(BtfLoadAttr attributes, int result)
    {
        using VerifierLog log = new(MaximumLogSize);
        int second = log.Run((byte* buffer, int size, out uint trueSize) =>
        {
            attributes.LogBuffer = (ulong)buffer;
            attributes.LogSize = (uint)size;
            attributes.LogLevel = 1;
            attributes.LogTrueSize = 0;
            int again = BpfSystemCall.InvokeRetrying(BpfCommand.BtfLoad, ref attributes);
            trueSize = attributes.LogTrueSize;
            return again;
        });
        if (second >= 0)
            _ = Libc.Close(second);
        return log.Text.Length > 0
            ? BpfVerifierException.OfBtf(-result, log.Text, log.IsTruncated)
            : new BpfException("loading BTF", -result, BpfCommand.BtfLoad);
    }
}

/// <summary>What the kernel tells about BTF it holds.</summary>
/// <param name="Id">The kernel's number for it.</param>
/// <param name="Name"><c>vmlinux</c>, a module's name, or empty for BTF of programs.</param>
/// <param name="IsKernel">Whether it is the kernel's or a module's.</param>
/// <param name="Size">Bytes of raw BTF.</param>
public sealed record BtfObjectInfo(uint Id, string Name, bool IsKernel, int Size);
