using System.Globalization;
using System.Text;

namespace P3Ebpf.Btf;

/// <summary>A BTF or a .BTF.ext is malformed. The message names the source, the place, and what to do.</summary>
public sealed class BtfFormatException : EbpfException
{
    /// <summary>Describes one defect.</summary>
    /// <param name="code">What is wrong.</param>
    /// <param name="problem">One sentence, without the place.</param>
    /// <param name="offset">Where: bytes from the start of the BTF data; -1 where no place applies.</param>
    /// <param name="typeId">The type concerned; <see cref="BtfTypeId.Void"/> where none is.</param>
    /// <param name="source">The file or section that was read, where known.</param>
    /// <param name="inner">What caused it.</param>
    /// <param name="hint">What to do, where that can be said.</param>
    public BtfFormatException(
        BtfErrorCode code, string problem, long offset = -1, BtfTypeId typeId = default, string? source = null, Exception? inner = null, string? hint = null)
        : base(Describe(problem, offset, typeId, source), problem, source, hint, inner)
    {
        Code = code;
        Offset = offset;
        TypeId = typeId;
    }

    /// <summary>What is wrong.</summary>
    public BtfErrorCode Code { get; }

    /// <summary>Bytes from the start of the BTF data, or -1.</summary>
    public long Offset { get; }

    /// <summary>The type concerned, or <see cref="BtfTypeId.Void"/>.</summary>
    public BtfTypeId TypeId { get; }

    /// <summary>The same defect, told of a named source.</summary>
    public BtfFormatException In(string source) => new(Code, Problem, Offset, TypeId, source, this, Hint);

    private static string Describe(string problem, long offset, BtfTypeId typeId, string? source)
    {
        var text = new StringBuilder();
        if (source is not null)
            _ = text.Append(source).Append(": ");
        _ = text.Append(problem);
        if (offset >= 0)
            _ = text.Append(" (at byte ").Append(offset.ToString(CultureInfo.InvariantCulture)).Append(typeId.IsVoid ? ")" : $", type {typeId})");
        else if (!typeId.IsVoid)
            _ = text.Append(" (type ").Append(typeId).Append(')');
        return text.ToString();
    }
}
