namespace P3Ebpf.Loader;

/// <summary>Loading a specification into the kernel.</summary>
public static class BpfObjectLoading
{
    /// <summary>Creates the maps, relocates, verifies and loads the programs. Attaching is a step of its own.</summary>
    /// <param name="spec">The object; it stays as it is.</param>
    /// <param name="options">The target's types and more; may be left out.</param>
    /// <returns>The object in the kernel; disposing it releases everything that is not pinned or attached elsewhere.</returns>
    /// <exception cref="BpfException">The kernel refuses something; nothing is left behind.</exception>
    /// <exception cref="CoreRelocationException">A CO-RE relocation fails.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static BpfObject Load(this BpfObjectSpec spec, BpfLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        using var loader = new BpfObjectLoader(spec, options ?? new BpfLoadOptions());
        return loader.Load();
    }
}
