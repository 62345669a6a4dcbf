
namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The answer of <c>btf-inspect core --json</c>.</summary>
/// <param name="Object">The object.</param>
/// <param name="Targets">What became of its relocations, target by target.</param>
internal sealed record CoreDocument(string Object, IReadOnlyList<CoreDocument.Target> Targets) : CliDocument
{
    /// <param name="Btf">The file, as given.</param>
    /// <param name="Succeeded">Whether every relocation got an answer.</param>
    /// <param name="Programs">Programs and functions of <c>.text</c>.</param>
    internal sealed record Target(string Btf, bool Succeeded, IReadOnlyList<Function> Programs);

    /// <param name="Name">The C function.</param>
    /// <param name="Section">Its section.</param>
    /// <param name="Instructions">After CO-RE, before maps, calls and data: 16 hexadecimal digits each, in file order.</param>
    /// <param name="Relocations">In the order of the object.</param>
    internal sealed record Function(string Name, string Section, IReadOnlyList<string> Instructions, IReadOnlyList<Relocation> Relocations);

    /// <param name="Instruction">The index in the function.</param>
    /// <param name="Kind">What is asked: <c>byte_off</c> and so on.</param>
    /// <param name="Local">Of what, in the object's types.</param>
    /// <param name="Outcome">applied, absent, poisoned or failed.</param>
    /// <param name="OriginalValue">What the compiler put in.</param>
    /// <param name="Value">What was put in instead.</param>
    /// <param name="Target">What was found.</param>
    /// <param name="Candidates">How many types were looked at.</param>
    /// <param name="Source">Which source line asks.</param>
    /// <param name="Message">What is missing or wrong.</param>
    /// <param name="Suggestion">What to do about it.</param>
    internal sealed record Relocation(
        int Instruction,
        string Kind,
        string Local,
        string Outcome,
        ulong? OriginalValue,
        ulong? Value,
        string? Target,
        int Candidates,
        string? Source,
        string? Message,
        string? Suggestion);
}
