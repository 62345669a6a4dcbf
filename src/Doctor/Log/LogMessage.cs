namespace P3Ebpf.Doctor.Log;

/// <summary>A message of a loader that was recognised.</summary>
/// <param name="Line">The line, without surrounding blanks.</param>
/// <param name="Step">The step that it belongs to.</param>
/// <param name="Meaning">What it means, in a sentence without a full stop.</param>
/// <param name="Error">The error number without its sign, or 0 where the message has none.</param>
/// <param name="Versions">The versions of libbpf that print this text.</param>
/// <param name="Cause">What is wrong, where the message itself tells (it does at the debug level): a finding's code.</param>
internal sealed record LogMessage(string Line, LogStep Step, string Meaning, int Error, LibbpfVersions Versions, string? Cause = null);
