namespace P3Ebpf.Loader.Links;

/// <summary>Network devices of the current network namespace.</summary>
public static class NetworkDevice
{
    /// <summary>The index of a device.</summary>
    /// <exception cref="BpfException">There is no such device.</exception>
    public static uint IndexOf(string name)
    {
        uint index = Libc.InterfaceIndex(name);
        return index != 0 ? index : throw new BpfException($"finding network device {name}", -Libc.NegativeError, hint: $"In this network namespace there is {string.Join(", ", Names())}.");
    }

    /// <summary>The devices of the calling thread's network namespace; those of /sys may be another's.</summary>
    private static IEnumerable<string> Names() => File.ReadLines("/proc/thread-self/net/dev").Skip(2).Select(line => line.Split(':')[0].Trim());

    /// <summary>Whether there is a device with that index in the network namespace of the calling thread.</summary>
    internal static unsafe bool Exists(uint index)
    {
        byte* name = stackalloc byte[16]; // IF_NAMESIZE
        return Libc.InterfaceName(index, name) != 0;
    }
}

/// <summary>The places on a network device where several programs run one after the other.</summary>
internal static class DeviceHook
{
    public static string Place(BpfAttachType type, uint interfaceIndex) => $"{type} of network device {interfaceIndex}";

    public static BpfHandle Attach(BpfProgram program, uint interfaceIndex, BpfAttachType type, BpfPlacement? placement)
    {
        LinkCreateAttr attributes = default;
        attributes.TargetInterfaceIndex = interfaceIndex;
        placement?.Write(ref attributes);
        return BpfLink.Create(program, type, ref attributes, Place(type, interfaceIndex), error => error switch
        {
            Errno.ENODEV => $"There is no network device {interfaceIndex} in this network namespace.",
            Errno.ENXIO => $"Network device {interfaceIndex} is no netkit device, or its peer is elsewhere.",
            Errno.EACCES => "It is the peer of a netkit pair; programs are attached through the primary device.",
            _ => BpfPlacement.Hint(error),
        });
    }
}
