namespace P3Ebpf.CoRe.Differential;

/// <summary>What one side made of an object.</summary>
/// <param name="Refusal">The error number, without its sign; 0 where the object was relocated.</param>
/// <param name="Message">What was said about a refusal.</param>
/// <param name="Programs">Each program's instructions with those of its subprograms, as 16 hex digits in file order.</param>
internal sealed record RelocatedObject(int Refusal, string Message, IReadOnlyDictionary<string, string[]> Programs)
{
    public bool IsRefused => Refusal != 0;

    public static RelocatedObject Refused(int error, string message) => new(error, message, new Dictionary<string, string[]>());
}
