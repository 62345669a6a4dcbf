using Microsoft.Win32.SafeHandles;

namespace P3Ebpf.Loader.Links;

/// <summary>A program that walks kernel objects and prints them.</summary>
public sealed class IterLink : BpfLink
{
    private IterLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Tracing"/> for <see cref="BpfAttachType.TraceIter"/>.</param>
    /// <param name="map">The map to walk, for iterators over map elements.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static unsafe IterLink Attach(BpfProgram program, BpfMap? map = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        const string Place = "an iterator";
        ulong linkInfo = 0; // union bpf_iter_link_info: the map's descriptor comes first
        LinkCreateAttr attributes = default;
        if (map is not null)
        {
            *(int*)&linkInfo = map.Handle.Descriptor;
            attributes.IterInfo = (ulong)&linkInfo;
            attributes.IterInfoLength = sizeof(int);
        }
        BpfHandle handle = Create(program, BpfAttachType.TraceIter, ref attributes, Place);
        GC.KeepAlive(map);
        return new IterLink(handle, $"iterator {program.Description}");
    }

    /// <summary>Starts a walk; reading the stream runs the program.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public Stream Open()
    {
        using BpfHandle.Use use = Handle.Borrow();
        IterCreateAttr attributes = default;
        attributes.LinkFd = use.Descriptor;
        int result = BpfSystemCall.Invoke(BpfCommand.IterCreate, ref attributes);
        return result >= 0
            ? new FileStream(new SafeFileHandle(result, ownsHandle: true), FileAccess.Read, bufferSize: 0)
            : throw new BpfException($"opening {Description}", -result, BpfCommand.IterCreate);
    }
}
