namespace P3Ebpf.Loader.Links;

/// <summary>Who runs an XDP program, <c>XDP_FLAGS_*</c>.</summary>
public enum XdpMode : uint
{
    /// <summary>The driver if it can, else the generic network stack.</summary>
    Any = 0,

    /// <summary>The generic network stack.</summary>
    Generic = 1 << 1,

    /// <summary>The driver.</summary>
    Driver = 1 << 2,

    /// <summary>The device itself.</summary>
    Hardware = 1 << 3,
}
