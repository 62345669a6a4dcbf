using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Compiles generated sources with clang.</summary>
/// <param name="clang">The compiler.</param>
internal sealed class BpfCompiler(string clang)
{
    /// <param name="source">The source; the object is written beside it.</param>
    /// <param name="cpu">The instruction set: 3, or 4 for loads that extend the sign and stores of immediates.</param>
    /// <param name="bigEndian">Whether the object is for a big-endian machine.</param>
    /// <returns>The object's path.</returns>
    /// <exception cref="CompilerException">clang refuses the source.</exception>
    public string Compile(string source, int cpu, bool bigEndian = false)
    {
        string target = bigEndian ? "bpfeb" : "bpfel";
        string path = Path.ChangeExtension(source, bigEndian ? ".be.o" : ".o");
        (int exit, _, string error) = ExternalTool.Run(
            clang, "-target", target, string.Create(CultureInfo.InvariantCulture, $"-mcpu=v{cpu}"), "-O2", "-g", "-std=gnu17", "-w", "-fno-crash-diagnostics", "-nostdinc",
            "-fdebug-compilation-dir=.", $"-ffile-prefix-map={Path.GetDirectoryName(source)}/=", "-c", source, "-o", path);
        return exit == 0 ? path : throw new CompilerException($"{clang} refuses {source}:\n{error}");
    }

    /// <summary>Removes the debug information, which an object that is kept does not need.</summary>
    /// <param name="bpfObject">The object.</param>
    /// <param name="strip">llvm-strip.</param>
    public static void Strip(string bpfObject, string strip)
    {
        (int exit, _, string error) = ExternalTool.Run(strip, "--strip-debug", bpfObject);
        if (exit != 0)
            throw new CompilerException($"{strip} refuses {bpfObject}:\n{error}");
    }
}
