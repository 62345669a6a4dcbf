namespace P3Ebpf.CoRe.Differential;

/// <summary>The compiler refuses a generated source, or crashes on it.</summary>
internal sealed class CompilerException(string message) : Exception(message);
