using P3Ebpf.Btf.Tests.Check;
using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Fuzz.Targets;

/// <summary>BTF, alone and split, and what comes with it in an object.</summary>
internal static class BtfTargets
{
    private static readonly BtfSpec Lottery = BpfObjectSpec.Read(TestData.PathOf("bpf/sched_lottery.bpf.o")).Btf!;

    public static FuzzTarget[] All { get; } =
    [
        new("btf", BtfSeeds, ReadBtf) { AllowedBytes = AllowedBytes },
        new("btf-split", () => BtfSeeds().Select(seed => Together(seed, SplitOf(seed))), ReadSplit) { AllowedBytes = AllowedBytes },
        new("btf-ext", ExtSeeds, ReadExt) { AllowedBytes = static input => (1 << 22) + (1024L * input.Length) },
        new("btf-value", static () => ((string[])["-5", "{ low = -5, high = 5 }", "[1, 2, { x = 0x10 }]", "\"hello\"", "{ \"a\": [true, null] }", "RUNNING"]).Select(TextTargets.Bytes), ReadValue)
        {
            Words = ["0x", "true", "false", "null", "{", "}", "[", "]", "=", ":", "\\u0041", "tickets", "last_start_ns"], MostBytes = 512,
        },
    ];

    private static IEnumerable<byte[]> BtfSeeds()
    {
        foreach (bool big in new[] { false, true })
        {
            BtfBytes sample = BtfBytes.Sample();
            sample.IsBigEndian = big;
            yield return sample.Build();
        }

        foreach (string name in new[] { "a", "b", "d", "uapi3" })
            yield return TestData.Btf("dedup/" + name);
    }

    private static byte[] SplitOf(byte[] seed)
    {
        var builder = new BtfBuilder(BtfSpec.Parse(seed));
        _ = builder.AddTypedef("more", builder.AddPtr(new BtfTypeId(1)));
        return builder.ToArray();
    }

    private static byte[] Together(byte[] first, byte[] second) => [(byte)first.Length, (byte)(first.Length >> 8), .. first, .. second];

    private static IEnumerable<byte[]> ExtSeeds()
    {
        foreach (string path in Directory.GetFiles(TestData.PathOf("testdata/bpf"), "*.bpf.o").Append(TestData.PathOf("bpf/sched_lottery.bpf.o")).Order(StringComparer.Ordinal))
        {
            using ElfFile file = ElfFile.Open(path);
            if (file.TryGetSection(".BTF.ext", out ElfSection section) && section.Size < 1 << 13)
                yield return section.ReadData().ToArray();
        }
    }

    private static void ReadBtf(byte[] input)
    {
        if (Parse(input, null) is { } spec)
            Use(spec);
    }

    private static void ReadSplit(byte[] input)
    {
        if (input.Length < 2)
            return;
        int length = Math.Min(input[0] | (input[1] << 8), input.Length - 2);
        if (Parse(input[2..(2 + length)], null) is not { } under || Parse(input[(2 + length)..], under) is not { } split)
            return;
        Use(split);
        try
        {
            _ = BtfDistilledBase.Relocate(split, Lottery);
        }
        catch (BtfFormatException)
        {
        }
        catch (NotSupportedException) when (BtfOperations.HasOpaqueTypes(split))
        {
        }
    }

    private static BtfSpec? Parse(byte[] data, BtfSpec? under)
    {
        BtfSpec? spec = null;
        try
        {
            spec = BtfSpec.Parse(data, new BtfReadOptions { Base = under });
        }
        catch (BtfFormatException)
        {
        }

        if (BtfChecker.Check(data, new BtfCheckOptions { Base = under }).HasErrors != spec is null)
            throw new FuzzFindingException($"The reader {(spec is null ? "refuses" : "accepts")} what the checker judges otherwise.");
        return spec;
    }

    private static void Use(BtfSpec spec)
    {
        bool isOpaque = BtfOperations.HasOpaqueTypes(spec);
        foreach ((_, Action<BtfSpec, BtfSpec> run) in BtfOperations.All)
        {
            try
            {
                run(spec, spec);
            }
            catch (BtfFormatException)
            {
            }
            catch (NotSupportedException) when (isOpaque)
            {
            }
        }
    }

    /// <summary>All operations together; each alone has its own bound, which tests/Mutation holds.</summary>
    private static long AllowedBytes(byte[] input) => (BtfOperations.All.Length * BtfOperations.FixedBytes) + (1024L * input.Length) + (4L * input.Length * input.Length);

    private static void ReadExt(byte[] input)
    {
        try
        {
            var ext = BtfExt.Parse(input, Lottery);
            foreach (BtfExtSection<BtfLineInfo> section in ext.LineInfo.Sections)
                for (int i = 0; i < section.Count; i++)
                    _ = section[i].Line + section[i].Column;
            foreach (BtfExtSection<BtfFuncInfo> section in ext.FuncInfo.Sections)
                for (int i = 0; i < section.Count; i++)
                    _ = section[i].TypeId;
            var relocator = new CoreRelocator(Lottery, new CoreTarget(Lottery));
            BpfInstruction[] code = [BpfInstruction.MovImmediate(BpfRegister.R0, 0)];
            foreach (BtfExtSection<CoreRelocationRecord> section in ext.CoreRelocations.Sections)
                for (int i = 0; i < section.Count; i++)
                    _ = relocator.Relocate(section[i], code, 0).ToString();
        }
        catch (BtfFormatException)
        {
        }
    }

    private static void ReadValue(byte[] input)
    {
        string text = TextTargets.Text(input);
        Span<byte> value = stackalloc byte[256];
        foreach (BtfType type in Lottery.OwnTypes)
        {
            if (type.Kind is not (BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Int or BtfKind.Array) || !Lottery.TryGetSize(type.Id, out uint size) || size > value.Length)
                continue;
            try
            {
                BtfValueParser.Parse(type, text, value[..(int)size]);
                _ = BtfValueFormatter.Format(type, value[..(int)size]);
            }
            catch (FormatException)
            {
            }
        }
    }
}
