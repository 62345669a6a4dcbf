using P3Ebpf.Btf.Tests.Check;
using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Mutation;

/// <summary>BTF to be damaged and relocated against, or relocated with, and minimised.</summary>
internal static class CoreSubjects
{
    /// <summary>Bytes of memory for each byte of the BTFs and relocations, to relocate.</summary>
    private const long Multiple = 192;

    /// <summary>
    /// And to have all relocations put themselves into words: texts of a bounded length for each, made when they are asked for. What is searched for a
    /// suggestion is not copied.
    /// </summary>
    private const long TextMultiple = 256;

    private const int RecordLength = 16; // struct bpf_core_relo

    private static readonly string[] Accesses = ["0", "1", "0:0", "0:1", "0:2", "0:0:0", "0:1:0", "0:1:1", "1:2:3"];

    public static IEnumerable<Subject> All()
    {
        var lottery = BpfObjectSpec.Read(TestData.PathOf("bpf/sched_lottery.bpf.o"));
        var kernel = BtfSpec.Parse(TestData.Btf(BtfSubjects.Kernel));
        byte[] minimised = Minimise(lottery.Relocate(new CoreTarget(kernel)), kernel);
        var small = BtfSpec.Parse(minimised);
        byte[] own = lottery.Btf!.Data.ToArray();

        yield return new Subject("a minimised kernel", minimised, own.Length, (data, _, trial) => RelocateObject(trial, lottery, data));
        yield return new Subject("the object's BTF as target", own, own.Length, (data, _, trial) => RelocateObject(trial, lottery, data));

        byte[] sample = WithAccesses(out uint[] strings);
        var local = BtfSpec.Parse(sample);
        yield return new Subject("every kind as target", sample, sample.Length, (data, seed, trial) =>
        {
            if (BtfSubjects.TryParse(trial, data, null) is { } damaged)
                RelocateAnything(trial, local, damaged, strings, seed);
        });
        yield return new Subject("every kind as program", sample, sample.Length, (data, seed, trial) =>
        {
            if (BtfSubjects.TryParse(trial, data, null, pointerSize: 8) is { } damaged)
                RelocateAnything(trial, damaged, local, strings, seed);
        });

        byte[] ext = ExtOf(lottery);
        yield return new Subject("the object's .BTF.ext", ext, own.Length, (data, _, trial) => RelocateRecords(trial, data, lottery.Btf, small));
        yield return new Subject("the object's BTF as program", own, ext.Length + minimised.Length, (data, _, trial) =>
        {
            if (BtfSubjects.TryParse(trial, data, null, pointerSize: 8) is { } damaged)
                RelocateRecords(trial, ext, damaged, small);
        });
    }

    /// <summary>Relocates a sound object against a damaged target, and against what minimising makes of that.</summary>
    private static void RelocateObject(Trial trial, BpfObjectSpec spec, byte[] data)
    {
        if (BtfSubjects.TryParse(trial, data, null) is not { } target)
            return;
        if (Relocate(trial, spec, target) is not { } whole)
            return;
        _ = trial.Run("min", Allowed(target, spec.Btf!, Multiple), () => CompareMinimised(spec, target, whole), e => IsRefusal(e, target));
    }

    /// <summary>Relocates an object and has it explained; nothing where that failed, which is told.</summary>
    public static BpfObjectRelocation? Relocate(Trial trial, BpfObjectSpec spec, BtfSpec target)
    {
        BpfObjectRelocation? whole = null;
        long length = spec.Functions.Sum(function => (long)function.Instructions.Length * BpfInstruction.Length);
        bool isDone = trial.Run("relocate", Allowed(target, spec.Btf, Multiple) + (Multiple * length), () => whole = spec.Relocate(new CoreTarget(target)), Never)
            && trial.Run("explain", Allowed(target, spec.Btf, TextMultiple) + (TextMultiple * length), () => Explain(whole!.Functions.SelectMany(f => f.Results)), Never);
        return isDone ? whole : null;
    }

    private static void CompareMinimised(BpfObjectSpec spec, BtfSpec target, BpfObjectRelocation whole)
    {
        BpfObjectRelocation minimised = spec.Relocate(new CoreTarget(BtfSpec.Parse(Minimise(whole, target))));
        if (!whole.Succeeded)
            return;
        foreach (BpfRelocatedFunction function in whole.Functions)
        {
            if (!minimised[function.Function].Instructions.SequenceEqual(function.Instructions))
                throw new InvalidOperationException($"{function.Function} differs when relocated against the minimised BTF.");
        }
    }

    /// <summary>Asks everything of everything: relocations of all kinds, with all sorts of accesses.</summary>
    private static void RelocateAnything(Trial trial, BtfSpec local, BtfSpec target, uint[] strings, int seed)
    {
        const int Count = 64;
        var random = new Random(seed);
        var records = new CoreRelocationRecord[Count];
        for (int i = 0; i < Count; i++)
            records[i] = new CoreRelocationRecord(0, new BtfTypeId((uint)random.Next(1, (int)local.TypeCount + 1)), strings[random.Next(strings.Length)], (CoreRelocationKind)random.Next(14));
        RelocateAndMinimise(trial, local, target, records);
    }

    private static void RelocateRecords(Trial trial, byte[] ext, BtfSpec local, BtfSpec target)
    {
        var records = new List<CoreRelocationRecord>();
        bool isSound = trial.Run(
            "ext", (1 << 16) + (8L * ext.Length),
            () =>
            {
                var parsed = BtfExt.Parse(ext, local);
                foreach (BtfExtSection<BtfLineInfo> section in parsed.LineInfo.Sections)
                    for (int i = 0; i < section.Count; i++)
                        _ = section[i].Line + section[i].Column;
                foreach (BtfExtSection<CoreRelocationRecord> section in parsed.CoreRelocations.Sections)
                    for (int i = 0; i < section.Count; i++)
                        records.Add(section[i]);
            },
            static e => e is BtfFormatException);
        if (isSound)
            RelocateAndMinimise(trial, local, target, records);
    }

    private static void RelocateAndMinimise(Trial trial, BtfSpec local, BtfSpec target, IReadOnlyCollection<CoreRelocationRecord> records)
    {
        long length = (long)records.Count * RecordLength;
        var relocator = new CoreRelocator(local, new CoreTarget(target));
        bool isDone = trial.Run(
            "relocate", Allowed(target, local, Multiple) + (Multiple * length),
            () =>
            {
                foreach (CoreRelocationRecord record in records)
                    _ = relocator.Relocate(record, new[] { BpfInstruction.MovImmediate(BpfRegister.R0, 0) }, 0);
            },
            Never) && trial.Run("explain", Allowed(target, local, TextMultiple) + (TextMultiple * length), () => Explain(relocator.Report.Results), Never);
        if (!isDone)
            return;
        _ = trial.Run(
            "min", Allowed(target, local, Multiple),
            () =>
            {
                var minimizer = new CoreMinimizer(target);
                foreach (CoreRelocationResult result in relocator.Report.Results)
                    minimizer.Add(result);
                _ = BtfSpec.Parse(minimizer.ToArray());
            },
            e => IsRefusal(e, target));
    }

    private static byte[] Minimise(BpfObjectRelocation relocation, BtfSpec target)
    {
        var minimizer = new CoreMinimizer(target);
        foreach (BpfRelocatedFunction function in relocation.Functions)
            foreach (CoreRelocationResult result in function.Results)
                minimizer.Add(result);
        return minimizer.ToArray();
    }

    private static void Explain(IEnumerable<CoreRelocationResult> results)
    {
        foreach (CoreRelocationResult result in results)
        {
            _ = result.ToString();
            _ = result.Target;
            _ = result.Suggestion;
            _ = result.Candidates.Count;
        }
    }

    private static byte[] WithAccesses(out uint[] strings)
    {
        BtfBytes sample = BtfBytes.Sample();
        strings = [.. Accesses.Select(sample.Name)];
        return sample.Build();
    }

    private static byte[] ExtOf(BpfObjectSpec spec)
    {
        using Elf.ElfFile elf = Elf.ElfFile.Open(spec.Path!);
        return elf.TryGetSection(".BTF.ext", out Elf.ElfSection section) ? section.ReadData().ToArray() : throw new InvalidOperationException("There is no .BTF.ext.");
    }

    private static long Allowed(BtfSpec target, BtfSpec? local, long multiple) => BtfOperations.FixedBytes + (multiple * (target.Data.Length + (local?.Data.Length ?? 0L)));

    private static bool IsRefusal(Exception e, BtfSpec target) =>
        e is BtfFormatException || (e is NotSupportedException && BtfOperations.HasOpaqueTypes(target));

    /// <summary>Relocations report what is wrong, they do not throw.</summary>
    private static bool Never(Exception e) => false;
}
