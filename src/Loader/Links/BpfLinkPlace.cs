using System.Net.NetworkInformation;
using System.Text;

namespace P3Ebpf.Loader.Links;

/// <summary>Where a link attaches its program, as the kernel tells it.</summary>
internal static unsafe class BpfLinkPlace
{
    private const int MaximumName = 4096; // PATH_MAX
    private const uint ReturnFlag = 1; // BPF_F_KPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_RETURN

    /// <summary>The place in words; empty where the kernel does not tell.</summary>
    /// <param name="handle">The link.</param>
    /// <param name="info">What the kernel told of it when it was given no room for names.</param>
    public static string Describe(BpfHandle handle, LinkInfo info) => info.Type switch
    {
        BpfLinkType.RawTracepoint => Named("raw tracepoint", ReadName(handle, info)),
        BpfLinkType.Iter => Named("iterator", ReadName(handle, info)) + (info.IteratorMapId == 0 ? string.Empty : $" of map {info.IteratorMapId}"),
        BpfLinkType.PerfEvent => PerfEvent(info.PerfEventKind, ReadName(handle, info), info.PerfEventOffset),
        BpfLinkType.UprobeMulti =>
            $"{info.PlaceCount} {((info.PlaceFlags & ReturnFlag) != 0 ? "uretprobes" : "uprobes")} in {ReadName(handle, info)}{(info.ProcessId == 0 ? string.Empty : $" of process {info.ProcessId}")}",
        BpfLinkType.KprobeMulti => $"{info.FunctionCount} {((info.FunctionFlags & ReturnFlag) != 0 ? "kretprobes" : "kprobes")}",
        BpfLinkType.Tracing => Target(info),
        BpfLinkType.Cgroup => CgroupDirectory(info.CgroupId) ?? $"control group {info.CgroupId}",
        BpfLinkType.Netns => $"network namespace {info.NamespaceInode}",
        BpfLinkType.Xdp or BpfLinkType.Tcx or BpfLinkType.Netkit => Device(info.InterfaceIndex),
        BpfLinkType.Sockmap or BpfLinkType.StructOps => $"map {info.MapId}",
        BpfLinkType.Netfilter => $"netfilter family {info.NetfilterFamily}, hook {info.NetfilterHook}, priority {info.NetfilterPriority}",
        _ => string.Empty,
    };

    /// <summary>Where the kernel writes names to depends on the kind of link: the pointer is given, and the rest comes back.</summary>
    private static string ReadName(BpfHandle handle, LinkInfo known)
    {
        byte[] name = new byte[MaximumName];
        fixed (byte* pointer = name)
        {
            LinkInfo info = default;
            switch (known.Type)
            {
                case BpfLinkType.PerfEvent:
                    info.PerfEventName = (ulong)pointer;
                    info.PerfEventNameLength = MaximumName;
                    break;
                case BpfLinkType.UprobeMulti:
                    info.Path = (ulong)pointer;
                    info.PathSize = MaximumName;
                    break;
                default:
                    info.Name = (ulong)pointer;
                    info.NameLength = MaximumName;
                    break;
            }

            using BpfHandle.Use use = handle.Borrow();
            if (BpfSystemCall.GetInfo(use.Descriptor, ref info) < 0)
                return string.Empty;
        }

        int end = Array.IndexOf(name, (byte)0);
        return Encoding.UTF8.GetString(name, 0, end < 0 ? name.Length : end);
    }

    // enum bpf_perf_event_type; kernels before 6.6 tell nothing.
    private static string PerfEvent(uint kind, string name, uint offset) => kind switch
    {
        1 or 2 => $"{(kind == 1 ? "uprobe" : "uretprobe")} {name}+0x{offset:x}",
        3 or 4 => $"{(kind == 3 ? "kprobe" : "kretprobe")} {name}{(offset == 0 ? string.Empty : $"+0x{offset:x}")}",
        5 => Named("tracepoint", name),
        6 => "perf event",
        _ => string.Empty,
    };

    private static string Named(string what, string name) => name.Length == 0 ? what : $"{what} {name}";

    private static string Device(uint index)
    {
        if (index == 0)
            return "a network device that is gone";
        NetworkInterface? device = Array.Find(NetworkInterface.GetAllNetworkInterfaces(), each => IndexOf(each) == index);
        return device is null ? $"network device {index}" : device.Name;
    }

    private static uint IndexOf(NetworkInterface device) => Libc.InterfaceIndex(device.Name);

    /// <summary>The function, hook or tracepoint; the kernel tells its type by number.</summary>
    private static string Target(LinkInfo info)
    {
        if (info.TargetObjectId == 0 || info.TargetBtfId == 0)
            return string.Empty;
        try
        {
            using BtfObject btf = BtfObject.FromId(info.TargetObjectId);
            BtfObjectInfo about = btf.GetInfo();
            BtfSpec? types = !about.IsKernel ? BtfSpec.Parse(btf.ReadData())
                : about.Name is "vmlinux" ? Kernel.Running.Types
                : Kernel.Running.Modules.FirstOrDefault(module => module.Name == about.Name)?.ReadTypes();
            if (types is null || !types.TryGetType(new BtfTypeId(info.TargetBtfId), out BtfType type))
                return string.Empty;
            string name = type.Name.ToString();
            return name.StartsWith("btf_trace_", StringComparison.Ordinal) ? name["btf_trace_".Length..]
                : about is { IsKernel: true, Name: not "vmlinux" } ? $"{about.Name}:{name}" : name;
        }
        catch (Exception e) when (e is BpfException or BtfFormatException or IOException)
        {
            return string.Empty;
        }
    }

    /// <summary>A control group's id is the number of its directory's inode.</summary>
    private static string? CgroupDirectory(ulong id)
    {
        try
        {
            foreach (string root in File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).Where(fields => fields is [_, _, "cgroup2", ..]).Select(fields => fields[1]))
            {
                if (Libc.InodeOf(root) == id)
                    return root;
                foreach (string directory in Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories))
                {
                    if (Libc.InodeOf(directory) == id)
                        return directory;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Groups come and go; the number has to do.
        }

        return null;
    }
}
