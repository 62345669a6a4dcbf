namespace P3Ebpf.CoRe.Differential;

/// <summary>A type as the generated C declares it.</summary>
internal abstract class CType
{
    /// <summary>The type behind typedefs and qualifiers.</summary>
    public virtual CType Stripped => this;

    /// <summary>The type's name as a cast has it.</summary>
    public string Name => Declare(string.Empty).TrimEnd();

    /// <summary>A declaration of this type.</summary>
    /// <param name="declarator">What is declared: a name, with dimensions or a width.</param>
    public abstract string Declare(string declarator);

    /// <summary>Writes the definitions that a declaration needs before it.</summary>
    public virtual void Define(CDefinitions definitions)
    {
    }
}
