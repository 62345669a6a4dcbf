namespace P3Ebpf.Doctor;

/// <summary>What is to be examined. Everything may be left out; the more is given, the more certain is the answer.</summary>
public sealed class DoctorRequest
{
    /// <summary>What the loader printed.</summary>
    public string? Log { get; init; }

    /// <summary>The BPF object.</summary>
    public string? ObjectPath { get; init; }

    /// <summary>The BTF that the loader was given (<c>btf_custom_path</c>); <see langword="null"/> where it takes the running kernel's.</summary>
    public string? BtfPath { get; init; }

    /// <summary>The loader: the path of its executable, or the number of its process. A path counts within <see cref="Root"/>.</summary>
    public string? Loader { get; init; }

    /// <summary>The version of libbpf that is said to be installed; <see langword="null"/> to ask what pkg-config would ask.</summary>
    public string? ReportedLibbpf { get; init; }

    /// <summary>The directory that stands for the root of the machine: libraries, /proc, /sys and /etc are looked for beneath it.</summary>
    public string Root { get; init; } = "/";

    /// <summary>The environment of the user who starts the loader; that of this process unless given.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}
