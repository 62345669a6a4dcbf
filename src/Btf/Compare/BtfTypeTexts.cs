namespace P3Ebpf.Btf;

/// <summary>
/// The types of one BTF as C writes them, for a list of differences: without type tags, and cut off with <c>...</c> where they are long.
/// </summary>
internal sealed class BtfTypeTexts : BtfTypeNames.Writer
{
    private const int MaxLength = 4096;

    /// <summary>How many types a listed one may be made of; prototypes within prototypes could multiply without bound.</summary>
    private const int MaxTypes = 128;

    /// <summary>Bytes that all texts together may have: more than ten times what two kernels that have nothing in common need.</summary>
    private long _left;

    public BtfTypeTexts(BtfSpec spec)
        : base(spec, new Utf8Writer(), MaxLength, MaxTypes)
    {
        _left = (4L * spec.Data.Length) + MaxLength;
    }

    protected override bool WritesTags => false;

    /// <summary>The declaration of a name, or without one the type alone.</summary>
    public string Declare(BtfTypeId id, BtfString name)
    {
        Restart(Math.Min(MaxLength, _left));
        WriteDeclaration(id, name, indent: 0);
        _left = Math.Max(0, _left - Output.Length);
        return Output.ToString();
    }
}
