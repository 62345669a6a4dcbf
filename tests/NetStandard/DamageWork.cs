namespace P3Ebpf.NetStandard;

/// <summary>Damaged objects and BTF: the errors, and what is read in spite of it, are the same on every framework.</summary>
internal static class DamageWork
{
    private const int Mutants = 40;

    public static IEnumerable<Work> In(string root)
    {
        byte[] module = TypesWork.Bytes(root, "mod-7.2.13-amd64.bridge");
        for (int i = 0; i < Mutants; i++)
        {
            byte[] mutant = Damage(module, (uint)i);
            yield return new Work($"damaged BTF {i}", () => TypesWork.Describe(BtfChecker.Check(mutant)));
        }

        foreach (string name in new[] { "globals", "bindings", "sched_ext" })
        {
            byte[] sound = File.ReadAllBytes(Path.Combine(root, "testdata", "bpf", name + ".bpf.o"));
            for (int i = 0; i < Mutants; i++)
            {
                byte[] mutant = Damage(sound, (uint)i);
                yield return new Work($"damaged {name} {i}", () => ObjectWork.Contents(BpfObjectSpec.Parse(mutant, "damaged")));
            }
        }
    }

    /// <summary>Changes a few bytes, the same ones on every framework.</summary>
    private static byte[] Damage(byte[] sound, uint seed)
    {
        byte[] damaged = [.. sound];
        uint state = (seed * 2654435761) + 1;
        for (int i = 0; i < 4; i++)
        {
            state = unchecked((state * 1664525) + 1013904223);
            damaged[state / 256 % (uint)damaged.Length] = (byte)(state >> 24);
        }

        return damaged;
    }
}
