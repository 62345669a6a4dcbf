
namespace P3Ebpf.Object.Relocation;

/// <summary>A CO-RE relocation of an object has no answer; nothing was loaded.</summary>
public sealed class CoreRelocationException : Exception
{
    internal CoreRelocationException(BpfObjectSpec spec, BpfFunction function, CoreRelocationResult result)
        : base(Describe(spec, function, result))
    {
        Function = function;
        Result = result;
    }

    /// <summary>The function that holds the instruction.</summary>
    public BpfFunction Function { get; }

    /// <summary>What was asked, looked at and decided.</summary>
    public CoreRelocationResult Result { get; }

    /// <summary>What may help, where it can be derived.</summary>
    public string? Hint => Result.Suggestion;

    private static string Describe(BpfObjectSpec spec, BpfFunction function, CoreRelocationResult result)
    {
        string place = function.SourceLineOf(result.InstructionIndex) is { } line ? $" ({line})" : string.Empty;
        return $"{spec}: CO-RE relocation of {function.Name} instruction {result.InstructionIndex}{place} failed: {result.Local}: {result.Message}";
    }
}
