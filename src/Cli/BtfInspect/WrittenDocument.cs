
namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The answer of commands that write a BTF file.</summary>
/// <param name="File">What it was made from.</param>
/// <param name="Output">Where it was written.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Types">How many types it has, where they were counted.</param>
internal sealed record WrittenDocument(string File, string Output, int Bytes, int? Types) : CliDocument;
