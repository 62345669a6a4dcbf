
namespace P3Ebpf.Loader;

/// <summary>How to load an object.</summary>
public sealed class BpfLoadOptions
{
    /// <summary>What the kernel has, where an object asks for it: types, configuration, symbols. That of the running kernel unless given.</summary>
    public Kernel Kernel { get; init; } = Kernel.Running;

    /// <summary>The types to apply CO-RE against; those of the running kernel and its modules unless given.</summary>
    public CoreTarget? Target { get; init; }

    /// <summary>The text of a kernel configuration (<c>CONFIG_X=y</c> lines) that goes before that of the running kernel.</summary>
    public string? KernelConfig { get; init; }

    /// <summary>Maps that exist already and are used instead of new ones, by the names of the specification; they stay their owners'.</summary>
    public IReadOnlyDictionary<string, BpfMap> MapReplacements { get; init; } = new Dictionary<string, BpfMap>();

    /// <summary>
    /// The BPF programs that programs of the object are attached to, by the names of the latter: for freplace, and for fentry, fexit and fmod_ret of
    /// functions of BPF programs. Programs that are loaded, or were opened by id or pin; they stay their owners'.
    /// </summary>
    public IReadOnlyDictionary<string, BpfProgram> AttachPrograms { get; init; } = new Dictionary<string, BpfProgram>();

    /// <summary>
    /// The bpffs whose token is used, in a user namespace: <see langword="null"/> for that of LIBBPF_BPF_TOKEN_PATH, or else <c>/sys/fs/bpf</c> if that
    /// delegates; empty for none. See <see cref="BpfToken"/>.
    /// </summary>
    public string? TokenPath { get; init; }

    /// <summary>Where maps are pinned that ask to be pinned by name.</summary>
    public string PinRoot { get; init; } = BpfFs.DefaultMountPoint;

    /// <summary>How much the verifier is to log also of programs that load: 0 nothing, 1 decisions, 2 every instruction, plus 4 for statistics.</summary>
    public int VerifierLogLevel { get; init; }
}
