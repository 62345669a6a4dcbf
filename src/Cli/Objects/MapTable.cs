using System.Globalization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Objects;

/// <summary>The maps of an object as plain text, with how full they are where that can be told.</summary>
internal static class MapTable
{
    public static void Write(IEnumerable<(string Name, BpfMap Map)> maps, TextWriter writer)
    {
        var table = new TextTable("MAP", "TYPE", ">ID", ">ENTRIES", ">MAXIMUM");
        foreach ((string name, BpfMap map) in maps)
        {
            table.Add(
                name, Words.Of(map.Type), map.GetInfo().Id.ToString(CultureInfo.InvariantCulture), CountEntries(map),
                map.MaxEntries.ToString(CultureInfo.InvariantCulture));
        }

        table.Write(writer);
    }

    /// <summary>Arrays are always full, and queues and rings cannot be walked.</summary>
    private static string CountEntries(BpfMap map)
    {
        if (map.Type is not (BpfMapType.Hash or BpfMapType.LruHash or BpfMapType.PercpuHash or BpfMapType.LruPercpuHash or BpfMapType.LpmTrie))
            return "-";
        int count = 0;
        foreach (BpfMapEntry _ in map.Entries())
            count++;
        return count.ToString(CultureInfo.InvariantCulture);
    }
}
