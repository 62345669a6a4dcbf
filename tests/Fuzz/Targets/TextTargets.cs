using System.Text;
using P3Ebpf.Doctor.Log;

namespace P3Ebpf.Fuzz.Targets;

/// <summary>What other programs and the kernel write: logs, lists, caches, configurations, probes' arguments, section names.</summary>
internal static class TextTargets
{
    private const string Rejected =
        "0: R1=ctx() R10=fp0\n; u64 *n = bpf_map_lookup_elem(&counts, &key); @ count.bpf.c:19\n5: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8)\n"
        + "; *n += 1; @ count.bpf.c:20\n6: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\nprocessed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0";

    public static FuzzTarget[] All { get; } =
    [
        new("log", LogSeeds, input => Use(LoaderLog.Read(Text(input))))
        {
            Words =
            [
                "libbpf: ", "failed to load object '", "prog 'x': -- BEGIN PROG LOAD LOG --", "-- END PROG LOAD LOG --", "BTF_KIND:19", "errno=22", "(os error 1)", "Kernel error log:", "Caused by:",
                "load program: permission denied: ", " (3 line(s) omitted)", "processed 5 insns", "0: (79) r0 = *(u64 *)(r1 +0)", "Invalid argument", "\n",
            ],
            AllowedBytes = static input => (1 << 21) + (2048L * input.Length),
        },
        new("verifier", VerifierSeeds, input => Use(VerifierVerdict.Parse(Text(input))))
        {
            Words =
            [
                "R0 invalid mem access 'scalar'", "R1=pkt(", "0: (79) r0 = *(u64 *)(r1 +0)", "; return 0; @ a.c:18", "unreachable insn 4", "Verification failed:", "Suggestion:", "unknown func", "func#12345",
                "failed to find the address for kernel symbol 'x'", "processed 5 insns", "cur state:", "\n", "math between", "invalid access to", "helper call is not allowed in probe",
            ],
            AllowedBytes = static input => (1 << 20) + (512L * input.Length),
        },
        new("ld-cache", CacheSeeds, ReadCache) { Words = ["glibc-ld.so.cache1.1", "ld.so-1.7.0"], AllowedBytes = static input => (1 << 18) + (8192L * input.Length) },
        new("kallsyms", static () => [Bytes("ffffffff81000000 T _stext\nffffffff81000010 d jiffies.llvm.12345\n0000000000000000 t nf\t[nf_conntrack]\n")], ReadSymbols) { Words = ["\t", "\n", " T ", ".llvm.", "jiffies"], MostBytes = 4096 },
        new("kernel-config", static () => [Bytes("# c\nCONFIG_HZ=250\nCONFIG_BPF=y\n# CONFIG_X is not set\nCONFIG_NAME=\"a b\"\n")], ReadConfig) { Words = ["CONFIG_", "=", "\n", "\"", "#"], MostBytes = 4096 },
        new("usdt-arguments", static () => ((string[])["-4@%eax 8@$5 8@(%rdi,%rsi,4)", "-4@[sp, 12] 8@x0", "1@%al 2@-16(%rbp) 4f@%xmm0 8@w3"]).Select(Bytes), input => ReadArguments(Text(input)))
        {
            Words = ["@", "%rax", "%r15d", "$", "(", ")", ",", "[sp, ", "]", "x30", "w0", "-8", "9223372036854775808", "f@"], MostBytes = 512,
        },
        new("section-names", static () => BpfSectionDefinitions.All.Select(each => Bytes(each.Prefix + "/a/b")), ReadSectionName) { Words = ["kprobe.multi/", "usdt/", ":", "+", "*", "uprobe/", "struct_ops.s/", "/", "0x"], MostBytes = 256 },
    ];

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(byte[] input) => Encoding.UTF8.GetString(input);

    public static void ReadArguments(string arguments)
    {
        Span<byte> encoded = stackalloc byte[UsdtArgument.EncodedSize];
        foreach (ElfMachine machine in (ElfMachine[])[ElfMachine.X64, ElfMachine.AArch64])
        {
            try
            {
                foreach (UsdtArgument argument in UsdtArguments.Parse(arguments, machine))
                    argument.Write(encoded);
            }
            catch (UsdtArgumentException)
            {
            }
        }
    }

    private static IEnumerable<byte[]> LogSeeds() => ((string[])
    [
        $"libbpf: prog 'count': BPF program load failed: Permission denied\nlibbpf: prog 'count': -- BEGIN PROG LOAD LOG --\n{Rejected}\n-- END PROG LOAD LOG --\nlibbpf: failed to load object 'count.bpf.o'",
        "libbpf: BTF header not found\nlibbpf: failed to parse target BTF: -22\nlibbpf: failed to perform CO-RE relocations: -22\nlibbpf: failed to load object 'a.o'",
        "libbpf: Unsupported BTF_KIND:19\nlibbpf: Error loading BTF: Invalid argument(22)\nlibbpf: magic: 0xeb9f\nlibbpf: sec 'x'",
        "loading objects: field Count: program count: load program: permission denied: 6: (79) r1 = *(u64 *)(r0 +0): R0 invalid mem access 'map_value_or_null' (12 line(s) omitted)",
        $"Error: the BPF_PROG_LOAD syscall failed. Verifier output: {Rejected}\n\nCaused by:\n    Permission denied (os error 13)",
        $"Attaching 1 probe...\nERROR: Error loading BPF program for kprobe_vfs_read_1.\nKernel error log:\n{Rejected}\n\nERROR: Loading BPF object(s) failed.",
    ]).Select(Bytes);

    private static IEnumerable<byte[]> VerifierSeeds() => ((string[])
    [
        Rejected,
        "0: R1=ctx() R10=fp0\n3: (71) r4 = *(u8 *)(r2 +0)\nR2 invalid mem access 'scalar'\nprocessed 4 insns\n2: R2_w=pkt(r=14) R3=pkt_end()",
        "1: (79) r0 = *(u64 *)(r3 +0)\nR3 !read_ok\nVerification failed: Register Type Safety: Unreadable register\nSuggestion:\nInitialize r3.\nAt:\nprocessed 2 insns (limit 1000000)",
        "12: (85) call unknown#195896080\ninvalid func unknown#195896080\ncur state: R0=1\nold state: R0=1\nunreachable insn 7",
    ]).Select(Bytes);

    private static void Use(LoaderLog log)
    {
        _ = log.Decisive?.ToString() + log.Program + log.SystemError + log.BtfError + log.RefusedBtf + log.KindTooNew;
        if (log.Verdict is { } verdict)
            Use(verdict);
    }

    private static void Use(VerifierVerdict verdict) => _ = verdict.ToString() + verdict.Remedy + verdict.Suggestion + verdict.UnknownFunction + verdict.VariableWithoutAddress;

    private static IEnumerable<byte[]> CacheSeeds()
    {
        yield return Cache(isBigEndian: false, hwcaps: true);
        yield return Cache(isBigEndian: false, hwcaps: false);
        yield return [.. Bytes("ld.so-1.7.0"), 0, .. BitConverter.GetBytes(1), 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, .. Bytes("a\0b\0")];
    }

    private static byte[] Cache(bool isBigEndian, bool hwcaps)
    {
        const int Header = 48, Entry = 24, Extension = 8 + 16 + 8;
        int strings = Header + Entry + Extension;
        using var data = new MemoryStream();
        using var writer = new BinaryWriter(data);
        writer.Write(Bytes("glibc-ld.so.cache1.1"));
        writer.Write(1);
        writer.Write(20);
        writer.Write(isBigEndian ? 3 : 2);
        writer.Write(hwcaps ? Header + Entry : 0);
        writer.Write(new byte[12]);
        writer.Write(1);
        writer.Write(strings);
        writer.Write(strings + 7);
        writer.Write(0);
        writer.Write(hwcaps ? 1UL << 62 : 0);
        writer.Write(0xEAA42174);
        writer.Write(1);
        writer.Write(1);
        writer.Write(0);
        writer.Write(Header + Entry + 24);
        writer.Write(4);
        writer.Write(strings + 20);
        writer.Write(0);
        writer.Write(Bytes("libc.6\0/lib/libc.6\0 x86-64-v3\0"));
        return data.ToArray();
    }

    private static void ReadCache(byte[] input)
    {
        if (LinkerCache.Parse(input) is not { } cache)
            return;
        foreach (string name in cache.Names)
            foreach (LinkerCacheEntry entry in cache.Find(name))
                _ = entry.Path.Length + (entry.Variant?.Length ?? 0);
    }

    private static void ReadSymbols(byte[] input)
    {
        using var reader = new StringReader(Text(input));
        _ = KernelSymbols.Find(Lines(reader), new HashSet<string> { "_stext", "jiffies", "nf" });
    }

    private static IEnumerable<string> Lines(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private static void ReadConfig(byte[] input) => _ = new KernelConfig(new StringReader(Text(input)))["CONFIG_HZ"];

    private static void ReadSectionName(byte[] input)
    {
        string name = Text(input);
        BpfAttachPoint point = BpfAttachPoint.Parse(name);
        _ = point.ToString() + point.Missing + point.KernelType;
        _ = BpfSectionDefinitions.Near(name);
    }
}
