using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>The types of all objects as those of one, and their .BTF.ext.</summary>
/// <remarks>Rules: <c>linker_append_btf</c>, <c>linker_append_btf_ext</c> and <c>finalize_btf</c> of libbpf.</remarks>
internal sealed class MergedTypes
{
    private readonly BtfBuilder _builder;
    private readonly byte[] _ext;

    private MergedTypes(BtfBuilder builder, byte[] ext)
    {
        _builder = builder;
        _ext = ext;
    }

    public int TypeCount => _builder.OwnTypeCount;

    /// <returns><see langword="null"/> where no object has types.</returns>
    public static MergedTypes? Of(IReadOnlyList<LinkInput> inputs, SectionLayout sections, SymbolResolution symbols)
    {
        if (!inputs.Any(input => input.Btf is not null))
            return null;
        try
        {
            var ids = new MergedTypeIds(inputs, symbols);
            var builder = new BtfBuilder();
            foreach (LinkInput input in inputs)
                AddTypes(builder, input, ids);
            foreach (MergedDataSection section in MergedDataSection.Of(inputs, sections, symbols))
                section.AddTo(builder, ids);

            BtfDeduplication deduplicated = BtfDeduplicator.Deduplicate(builder.ToSpec());
            BtfBuilder result = BtfBuilder.CopyOf(deduplicated.Spec);
            var ext = new MergedExt(sections, result, (input, id) => deduplicated.MapId(ids[input, id]));
            foreach (LinkInput input in inputs)
                ext.Add(input);
            return new MergedTypes(result, ext.ToArray(inputs[0].IsLittleEndian));
        }
        catch (NotSupportedException e)
        {
            throw new BpfLinkException(BpfLinkErrorCode.Unsupported, $"types cannot be merged: {e.Message}", section: LinkSection.Btf, inner: e);
        }
        catch (BtfFormatException e) when (e.File is null)
        {
            throw new BpfLinkException(BpfLinkErrorCode.Malformed, $"types cannot be merged: {e.Problem}", section: LinkSection.Btf, inner: e);
        }
    }

    /// <summary>The content of .BTF.</summary>
    public byte[] ToBtf(bool littleEndian) =>
        _builder.ToArray(new BtfWriteOptions { ByteOrder = littleEndian ? BtfByteOrder.LittleEndian : BtfByteOrder.BigEndian });

    /// <summary>The content of .BTF.ext; empty where there is none.</summary>
    public byte[] ToBtfExt() => _ext;

    private static void AddTypes(BtfBuilder builder, LinkInput input, MergedTypeIds ids)
    {
        if (input.Btf is null)
            return;
        foreach (BtfType type in input.Btf.OwnTypes)
        {
            if (ids.IsAdded(input, type.Id))
                _ = builder.AddCopy(type, id => ids[input, id]);
        }
    }
}
