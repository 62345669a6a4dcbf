namespace P3Ebpf.Elf;

/// <summary>
/// Walks the linked records of version sections. Links are forward distances in bytes, 0 at the end. Honest records do not
/// overlap, so their number is bounded by the section's size; that keeps overlapping chains from taking quadratic time.
/// </summary>
internal sealed class VersionRecords(ElfRegion region, ElfStringTable strings)
{
    private const int DefinitionSize = 20;
    private const int DefinitionNameSize = 8;
    private const int NeedSize = 16;

    private int _budget = region.Length / DefinitionNameSize;

    public List<ElfVersionDefinition> ReadDefinitions()
    {
        var definitions = new List<ElfVersionDefinition>();
        for (long at = 0, next = 1; next != 0 && region.Length != 0; at += next)
        {
            int record = Record(at, DefinitionSize);
            // The first name is the version's own; further ones are its parents'.
            int name = Record(at + region.UInt32(record + 12), DefinitionNameSize);
            definitions.Add(new ElfVersionDefinition(strings, region.UInt32(name), region.UInt16(record + 2), region.UInt16(record + 4)));
            next = region.UInt32(record + 16);
        }
        return definitions;
    }

    public List<ElfVersionNeed> ReadNeeds()
    {
        var needs = new List<ElfVersionNeed>();
        for (long at = 0, next = 1; next != 0 && region.Length != 0; at += next)
        {
            int record = Record(at, NeedSize);
            ReadNeedsOf(region.UInt32(record + 4), at + region.UInt32(record + 8), needs);
            next = region.UInt32(record + 12);
        }
        return needs;
    }

    private void ReadNeedsOf(uint library, long at, List<ElfVersionNeed> needs)
    {
        for (long next = 1; next != 0; at += next)
        {
            int record = Record(at, NeedSize);
            uint name = region.UInt32(record + 8);
            needs.Add(new ElfVersionNeed(strings, library, name, region.UInt16(record + 4), region.UInt16(record + 6)));
            next = region.UInt32(record + 12);
        }
    }

    private int Record(long at, int size)
    {
        if (at > region.Length - size || _budget-- <= 0)
            throw region.Error(ElfErrorCode.BadVersion, Math.Min(at, region.Length),
                $"a symbol version record of {size} bytes lies outside the table of {region.Length} bytes, or records overlap. " +
                $"{ElfFile.Rebuild}");
        return (int)at;
    }
}
