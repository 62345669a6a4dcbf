namespace P3Ebpf.TestSupport;

/// <summary>Damages a sound object at random, the same way for the same seed.</summary>
internal static class ObjectMutation
{
    /// <summary>Where an object keeps structure, and not code or text.</summary>
    public static (int Start, int Length)[] PlacesIn(byte[] whole)
    {
        using ElfFile elf = ElfFile.Parse(whole);
        int headers = 64 * elf.Sections.Count;
        List<(int, int)> places = [(0, 64), (whole.Length - headers, headers)];
        foreach (ElfSection section in elf.Sections)
        {
            bool isStructure = section.Type is ElfSectionType.SymbolTable or ElfSectionType.Rel
                || section.Name is ".BTF" or ".BTF.ext" or ".maps" || section.Name.Contains(".struct_ops", StringComparison.Ordinal);
            if (isStructure && section.Size > 0)
                places.Add(((int)section.Offset, (int)section.Size));
        }

        return [.. places];
    }

    /// <summary>A copy with one to four changes, half of them at the places.</summary>
    public static byte[] Mutate(byte[] whole, (int Start, int Length)[] places, Random random)
    {
        byte[] mutant = [.. whole];
        int count = random.Next(1, 5);
        for (int i = 0; i < count; i++)
        {
            (int start, int length) = random.Next(2) == 0 ? places[random.Next(places.Length)] : (0, mutant.Length);
            int at = start + random.Next(length);
            switch (random.Next(4))
            {
                case 0:
                    mutant[at] = (byte)random.Next(256);
                    break;
                case 1:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    mutant.AsSpan(at, Math.Min(random.Next(1, 9), mutant.Length - at)).Fill(random.Next(2) == 0 ? (byte)0 : (byte)0xff);
                    break;
                default:
                    // A number from elsewhere in the file: plausible, and wrong here.
                    int from = random.Next(mutant.Length - 4);
                    mutant.AsSpan(from, Math.Min(4, mutant.Length - at)).CopyTo(mutant.AsSpan(at));
                    break;
            }
        }

        return mutant;
    }
}
