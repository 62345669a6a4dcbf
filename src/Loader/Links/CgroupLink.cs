
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a control group.</summary>
public sealed class CgroupLink : BpfLink
{
    private CgroupLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of a kind for control groups.</param>
    /// <param name="directory">The control group's directory in a cgroup2 file system.</param>
    /// <param name="attachType">Where, for programs opened by pin or id; null for where it was loaded for.</param>
    /// <exception cref="BpfException">The directory is missing or not of cgroup2, or the kernel refuses.</exception>
    public static CgroupLink Attach(BpfProgram program, string directory, BpfAttachType? attachType = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        BpfAttachType type = attachType ?? program.ExpectedAttachType;
        string place = $"{type} of control group {directory}";
        using BpfHandle group = OpenTarget(directory, program, place);
        LinkCreateAttr attributes = default;
        attributes.TargetFd = group.Descriptor;
        return new CgroupLink(Create(program, type, ref attributes, place), place);
    }
}
