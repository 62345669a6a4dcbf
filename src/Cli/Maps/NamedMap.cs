using System.Globalization;

namespace P3Ebpf.Cli.Maps;

/// <summary>A map named on the command line: by its pin, its id or its name.</summary>
internal static class NamedMap
{
    private const int KernelNameLength = 15;

    /// <summary>What the kernel keeps of a name.</summary>
    public static string KernelNameOf(string name) => name[..Math.Min(name.Length, KernelNameLength)];

    /// <summary>Opens the map.</summary>
    /// <param name="name">What has a slash is a path, what is a number an id, all else a name.</param>
    /// <exception cref="CommandException">No map or several have the name.</exception>
    /// <exception cref="BpfException">There is no such pin or id, or the kernel refuses.</exception>
    public static BpfMap Open(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return BpfMap.FromPin(name);
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
            return BpfMap.FromId(id);
        BpfMapInfo[] found = [.. BpfMap.List().Where(map => map.Name == KernelNameOf(name))];
        return found.Length switch
        {
            1 => BpfMap.FromId(found[0].Id),
            0 => throw new CommandException("not-found", $"There is no map called '{name}' in the kernel.", "p3ebpf list map shows those that there are."),
            _ => throw new CommandException(
                "ambiguous", $"{found.Length} maps are called '{name}': {string.Join(", ", found.Select(map => $"id {map.Id} ({Output.Words.Of(map.Type)})"))}.", "Give the id of the one that you mean."),
        };
    }
}
