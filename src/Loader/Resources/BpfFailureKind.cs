namespace P3Ebpf.Loader.Resources;

/// <summary>Why an operation failed, as far as the caller's next step differs.</summary>
public enum BpfFailureKind
{
    /// <summary>The request itself was refused.</summary>
    Failed,

    /// <summary>The process lacks a privilege or is over a limit.</summary>
    NotPermitted,

    /// <summary>The running kernel lacks a feature.</summary>
    NotSupported,
}
