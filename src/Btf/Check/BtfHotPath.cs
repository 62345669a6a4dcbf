using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>
/// A check runs once per process over a million elements: code that is compiled quickly first and well later spends most of the
/// run in the first form.
/// </summary>
internal static class BtfHotPath
{
    /// <summary><c>AggressiveOptimization</c>, which netstandard2.0 does not name and its runtimes ignore.</summary>
    public const MethodImplOptions Optimized = (MethodImplOptions)512;
}
