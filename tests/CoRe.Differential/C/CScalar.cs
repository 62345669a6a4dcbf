namespace P3Ebpf.CoRe.Differential;

/// <summary>A number, or a pointer.</summary>
/// <param name="text">The type; <c>@</c> stands for what is declared where that is not at the end, as in <c>int (*@)(void)</c>.</param>
/// <param name="isInteger">Whether a bitfield of it may be declared.</param>
internal sealed class CScalar(string text, bool isInteger) : CType
{
    public bool IsInteger { get; } = isInteger;

    public bool IsFloat => text is "float" or "double";

    public bool IsPointer => text.Contains('@', StringComparison.Ordinal);

    /// <summary>Bits of an integer that may be a bitfield.</summary>
    public int Bits => text switch
    {
        _ when text.Contains("char", StringComparison.Ordinal) => 8,
        _ when text.Contains("short", StringComparison.Ordinal) => 16,
        _ when text.Contains("long", StringComparison.Ordinal) => 64,
        "_Bool" => 1,
        _ => 32,
    };

    public override string Declare(string declarator) =>
        IsPointer ? text.Replace("@", declarator, StringComparison.Ordinal) : $"{text} {declarator}";
}
