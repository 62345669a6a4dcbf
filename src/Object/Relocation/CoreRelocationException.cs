
namespace P3Ebpf.Object.Relocation;

/// <summary>A CO-RE relocation of an object has no answer; nothing was loaded.</summary>
public sealed class CoreRelocationException : EbpfException
{
    internal CoreRelocationException(BpfObjectSpec spec, BpfFunction function, CoreRelocationResult result)
        : base(Describe(spec, function, result), $"{result.Local}: {result.Message}", spec.Path ?? spec.Name, result.Suggestion, inner: null)
    {
        Function = function;
        Result = result;
    }

    /// <summary>The function that holds the instruction.</summary>
    public BpfFunction Function { get; }

    /// <summary>What was asked, looked at and decided.</summary>
    public CoreRelocationResult Result { get; }

    private static string Describe(BpfObjectSpec spec, BpfFunction function, CoreRelocationResult result)
    {
        string place = function.SourceLineOf(result.InstructionIndex) is { } line ? $" ({line})" : string.Empty;
        return $"{spec}: CO-RE relocation of {function.Name} instruction {result.InstructionIndex}{place} failed: {result.Local}: {result.Message}";
    }
}
