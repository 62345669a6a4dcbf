
namespace P3Ebpf.Loader.Running;

/// <summary>The BTF of the running kernel and its modules.</summary>
public static class KernelBtf
{
    /// <summary>Where the kernel shows its own BTF.</summary>
    public const string VmlinuxPath = "/sys/kernel/btf/vmlinux";

    private const string VmlinuxName = "vmlinux";

    private static readonly Lazy<BtfSpec> LazyVmlinux = new(ReadVmlinux);

    /// <summary>The kernel's types; read once.</summary>
    /// <exception cref="BpfException">The kernel has no BTF, or it cannot be read.</exception>
    /// <exception cref="BtfFormatException">It is malformed.</exception>
    public static BtfSpec Vmlinux => LazyVmlinux.Value;

    /// <summary>The kernel's types, and after them those of the modules, which are read only when the kernel itself has no candidate.</summary>
    /// <exception cref="BpfException">The kernel has no BTF, or it cannot be read.</exception>
    /// <exception cref="BtfFormatException">It is malformed.</exception>
    public static CoreTarget Target => CoreTarget.Kernel(Vmlinux, ReadModules);

    /// <summary>Files that may hold the kernel's BTF, best first (libbpf's list).</summary>
    /// <param name="release">The kernel's release, as <c>uname -r</c> prints it.</param>
    public static IReadOnlyList<string> Candidates(string release) =>
    [
        VmlinuxPath,
        $"/boot/vmlinux-{release}",
        $"/lib/modules/{release}/vmlinux-{release}",
        $"/lib/modules/{release}/build/vmlinux",
        $"/usr/lib/modules/{release}/kernel/vmlinux",
        $"/usr/lib/debug/boot/vmlinux-{release}",
        $"/usr/lib/debug/boot/vmlinux-{release}.debug",
        $"/usr/lib/debug/lib/modules/{release}/vmlinux",
    ];

    /// <summary>Finds a type among those that the modules add to the kernel's.</summary>
    /// <param name="name">The type's name.</param>
    /// <param name="kind">The type's kind.</param>
    /// <param name="onlyModule">The one module to look in; <see langword="null"/> for all.</param>
    /// <returns>The type and the module's BTF, which the caller disposes; <see langword="null"/> if no module has it.</returns>
    /// <exception cref="BpfException">The kernel's own BTF cannot be read.</exception>
    internal static (BtfType Type, BtfObject Module)? FindInModules(string name, BtfKind kind, string? onlyModule = null)
    {
        foreach (BtfObjectInfo info in BtfObject.ListKernel())
        {
            if (info.Name == VmlinuxName || (onlyModule is not null && info.Name != onlyModule) || Open(info) is not { } module)
                continue;
            bool found = false;
            try
            {
                BtfSpec types = BtfSpec.Parse(module.ReadData(), new BtfReadOptions { Base = Vmlinux, Source = info.Name });
                found = types.TryFind(name, kind, out BtfType type) && type.Id >= types.FirstId;
                if (found)
                    return (type, module);
            }
            catch (BtfFormatException)
            {
                // A malformed module cannot be what is looked for.
            }
            finally
            {
                if (!found)
                    module.Dispose();
            }
        }

        return null;
    }

    /// <summary>The modules, whose BTF is opened through the kernel when it is needed.</summary>
    internal static IEnumerable<CoreModule> ReadModules()
    {
        foreach (BtfObjectInfo info in BtfObject.ListKernel())
        {
            if (info.Name != VmlinuxName)
                yield return new CoreModule(info.Name, () => ReadModule(info));
        }
    }

    /// <summary>A module may be unloaded between being listed and being opened.</summary>
    private static BtfObject? Open(BtfObjectInfo info)
    {
        try
        {
            return BtfObject.FromId(info.Id);
        }
        catch (BpfException e) when (e.Error == Errno.ENOENT)
        {
            return null;
        }
    }

    private static BtfSpec ReadModule(BtfObjectInfo info)
    {
        try
        {
            using BtfObject module = BtfObject.FromId(info.Id);
            return BtfSpec.Parse(module.ReadData(), new BtfReadOptions { Base = Vmlinux, Source = info.Name });
        }
        catch (BpfException e)
        {
            // The relocator passes over what cannot be read, and knows no system calls.
            throw new IOException(e.Message, e);
        }
    }

    private static BtfSpec ReadVmlinux()
    {
        foreach (string path in Candidates(KernelVersion.Release))
        {
            if (File.Exists(path))
                return BtfFile.Read(path);
        }

        throw BpfException.NotSupported(
            "finding the kernel's BTF",
            $"{VmlinuxPath} is missing: the kernel was built without CONFIG_DEBUG_INFO_BTF. Give a BTF file made for this kernel");
    }
}
