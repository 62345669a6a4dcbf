namespace P3Ebpf.Btf;

/// <summary>The part of a type's name that CO-RE compares: what stands before the flavour suffix <c>___flavour</c>.</summary>
public static class BtfEssentialName
{
    /// <summary>Cuts the last flavour suffix off.</summary>
    /// <param name="name">A type's name in UTF-8.</param>
    /// <returns>
    /// The name up to the last place where exactly three underscores stand between two other characters, or the whole name where
    /// there is none: <c>task_struct___old</c> gives <c>task_struct</c>, <c>a___b___c</c> gives <c>a___b</c>, <c>___x</c> stays.
    /// </returns>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> name)
    {
        if (!MayHaveFlavor(name))
            return name;
        for (int i = name.Length - 5; i >= 0; i--)
        {
            if (name[i] != '_' && name[i + 1] == '_' && name[i + 2] == '_' && name[i + 3] == '_' && name[i + 4] != '_')
                return name.Slice(0, i + 1);
        }

        return name;
    }

    /// <summary>Three underscores in a row cover one of every third place, and another one beside it. Hardly any other name has that.</summary>
    private static bool MayHaveFlavor(ReadOnlySpan<byte> name)
    {
        for (int i = 3; i < name.Length - 1; i += 3)
        {
            if (name[i] == '_' && (name[i - 1] == '_' || name[i + 1] == '_'))
                return true;
        }

        return false;
    }
}
