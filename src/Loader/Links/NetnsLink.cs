
namespace P3Ebpf.Loader.Links;

/// <summary>A flow dissector or socket lookup attached to a network namespace.</summary>
public sealed class NetnsLink : BpfLink
{
    private NetnsLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.FlowDissector"/> or <see cref="BpfProgramType.SkLookup"/>.</param>
    /// <param name="path">The namespace, such as <c>/proc/self/ns/net</c>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static NetnsLink Attach(BpfProgram program, string path = "/proc/self/ns/net")
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = $"network namespace {path}";
        BpfAttachType type = program.Type == BpfProgramType.FlowDissector ? BpfAttachType.FlowDissector : BpfAttachType.SkLookup;
        using BpfHandle ns = OpenTarget(path, program, place);
        LinkCreateAttr attributes = default;
        attributes.TargetFd = ns.Descriptor;
        return new NetnsLink(Create(program, type, ref attributes, place), place);
    }
}
