namespace P3Ebpf.Loader.Libraries;

/// <summary>What decides, besides the files, which libraries the dynamic linker takes.</summary>
/// <param name="Who">Who starts the program, in words that finish "for …".</param>
/// <param name="LibraryPath">LD_LIBRARY_PATH.</param>
/// <param name="Preload">LD_PRELOAD.</param>
/// <param name="WorkingDirectory">What relative and empty entries of the search path count from.</param>
/// <param name="IsSecure">Whether the program runs with rights that its caller lacks (setuid), so that the environment is not heeded.</param>
internal sealed record LinkerEnvironment(
    string Who, string? LibraryPath = null, string? Preload = null, string WorkingDirectory = "/", bool IsSecure = false);
