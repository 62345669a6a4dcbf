namespace P3Ebpf.Loader;

/// <summary>The BTF of the modules that an object refers to, open while its programs are loaded: one descriptor a module.</summary>
internal sealed class ModuleDescriptors : IDisposable
{
    private readonly List<KernelModule> _modules = [];
    private readonly List<BtfObject> _open = [];

    /// <summary>The <c>fd_array</c> of BPF_PROG_LOAD; index 0 stands for the kernel itself. Empty where no module is referred to.</summary>
    public int[] ToArray() => _open.Count == 0 ? [] : [0, .. _open.Select(btf => btf.Handle.Descriptor)];

    /// <summary>The place of a module in the list, which a call of its function carries.</summary>
    /// <exception cref="BpfException">The module is gone, or may not be opened.</exception>
    public short IndexOf(KernelModule module)
    {
        int index = _modules.IndexOf(module);
        if (index < 0)
        {
            _open.Add(module.Open());
            _modules.Add(module);
            index = _modules.Count - 1;
        }

        return checked((short)(index + 1));
    }

    /// <summary>The descriptor of a module's BTF, which a load of its variable's address and an attachment carry.</summary>
    /// <exception cref="BpfException">The module is gone, or may not be opened.</exception>
    public int DescriptorOf(KernelModule module) => Of(module).Handle.Descriptor;

    /// <summary>The BTF of a module; it stays this list's.</summary>
    /// <exception cref="BpfException">The module is gone, or may not be opened.</exception>
    public BtfObject Of(KernelModule module) => _open[IndexOf(module) - 1];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BtfObject btf in _open)
            btf.Dispose();
    }
}
