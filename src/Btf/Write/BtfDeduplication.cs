namespace P3Ebpf.Btf;

/// <summary>A deduplicated BTF, and where the types and strings of the original went.</summary>
public sealed class BtfDeduplication
{
    private readonly uint[] _ids;
    private readonly BtfBuilder _builder;

    internal BtfDeduplication(BtfBuilder builder, uint[] ids, string? source)
    {
        _builder = builder;
        _ids = ids;
        Spec = builder.ToSpec(source);
    }

    /// <summary>The result.</summary>
    public BtfSpec Spec { get; }

    /// <summary>The id in <see cref="Spec"/> of a type of the original, for what refers to types from outside, such as .BTF.ext.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The original has no such type.</exception>
    public BtfTypeId MapId(BtfTypeId id) => id.Value < (uint)_ids.Length
        ? new BtfTypeId(_ids[id.Value])
        : throw new ArgumentOutOfRangeException(nameof(id), $"The original has {_ids.Length} types.");

    /// <summary>The offset in <see cref="Spec"/> of a string of the original that a type or the given .BTF.ext uses.</summary>
    /// <exception cref="ArgumentException">Neither uses it.</exception>
    public uint MapString(BtfString text)
    {
        uint offset = _builder.AddString(text);
        return Spec.TryGetString(offset, out _) ? offset : throw new ArgumentException($"No type uses the string \"{text}\".", nameof(text));
    }
}
