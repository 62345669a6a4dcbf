using System.Globalization;

namespace P3Ebpf.Cli.Maps;

/// <summary>Values of maps that stand for other objects: a map, a program, a control group. They are written as descriptors and read as ids.</summary>
internal static class ReferencedObject
{
    /// <summary>What the values of a kind of map are; <see langword="null"/> where they are plain bytes.</summary>
    public static string? KindOf(BpfMapType type) => type switch
    {
        BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps => "map",
        BpfMapType.ProgArray => "program",
        BpfMapType.CgroupArray => "control group",
        _ => null,
    };

    /// <summary>Opens what is to become a value: by its path, and but for control groups by its id or name.</summary>
    /// <exception cref="CommandException">There is none of that name, or several.</exception>
    /// <exception cref="BpfException">There is none of that path or id.</exception>
    public static BpfHandle Open(BpfMapType type, string name)
    {
        switch (type)
        {
            case BpfMapType.ProgArray:
                using (BpfProgram program = OpenProgram(name))
                    return program.Handle.Duplicate();
            case BpfMapType.CgroupArray:
                return BpfHandle.OfPath(name);
            default:
                using (BpfMap map = NamedMap.Open(name))
                    return map.Handle.Duplicate();
        }
    }

    /// <summary>An id with the name of what it stands for, such as <c>map 57 (first)</c>.</summary>
    public static string Describe(BpfMapType type, ReadOnlySpan<byte> value)
    {
        uint id = BitConverter.ToUInt32(value);
        string kind = KindOf(type)!;
        try
        {
            string name = string.Empty;
            if (type == BpfMapType.ProgArray)
            {
                using BpfProgram program = BpfProgram.FromId(id);
                name = program.Name;
            }
            else if (type != BpfMapType.CgroupArray)
            {
                using BpfMap map = BpfMap.FromId(id);
                name = map.Name;
            }

            return name.Length == 0 ? $"{kind} {id}" : $"{kind} {id} ({name})";
        }
        catch (BpfException)
        {
            // It went away, or may not be opened by id.
            return $"{kind} {id}";
        }
    }

    private static BpfProgram OpenProgram(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return BpfProgram.FromPin(name);
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
            return BpfProgram.FromId(id);
        BpfProgramInfo[] found = [.. BpfProgram.List().Where(program => program.Name == NamedMap.KernelNameOf(name))];
        return found.Length switch
        {
            1 => BpfProgram.FromId(found[0].Id),
            0 => throw new CommandException("not-found", $"There is no program called '{name}' in the kernel.", "p3ebpf list prog shows those that there are."),
            _ => throw new CommandException("ambiguous", $"{found.Length} programs are called '{name}': {string.Join(", ", found.Select(program => $"id {program.Id}"))}.", "Give the id of the one that you mean."),
        };
    }
}
