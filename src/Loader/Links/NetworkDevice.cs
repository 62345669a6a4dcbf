
namespace P3Ebpf.Loader.Links;

/// <summary>Network devices of the current network namespace.</summary>
public static class NetworkDevice
{
    /// <summary>The index of a device.</summary>
    /// <exception cref="BpfException">There is no such device.</exception>
    public static uint IndexOf(string name)
    {
        uint index = Libc.InterfaceIndex(name);
        return index != 0 ? index : throw new BpfException($"finding network device {name}", -Libc.NegativeError);
    }
}
