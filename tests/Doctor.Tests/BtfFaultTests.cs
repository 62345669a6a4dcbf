using System.Buffers.Binary;

namespace P3Ebpf.Doctor.Tests;

/// <summary>Each fault that a BTF file can have is found first, with the report's log, an object and all else in order.</summary>
public sealed class BtfFaultTests
{
    private static byte[] Healthy => PlantedMachine.KernelBtf;

    private static int TypesAt => (int)BinaryPrimitives.ReadUInt32LittleEndian(Healthy.AsSpan(4));

    public static TheoryData<string, string> Faults => new()
    {
        { "truncated", "truncated" },
        { "one byte short", "truncated" },
        { "one page", "truncated" },
        { "CRLF", "crlf-expanded" },
        { "CR stripped", "cr-stripped" },
        { "zeros", "zero-run" },
        { "ones", "ones-run" },
        { "byte lost", "bytes-lost" },
        { "module", "split-needs-base" },
        { "long enumeration", "old-encoding-overflow" },
        { "header too long", "header-range" },
        { "type offset odd", "header-range" },
        { "strings too early", "header-range" },
        { "strings too late", "header-range" },
        { "strings unterminated", "str-bad" },
        { "header only", "too-small" },
        { "text", "bad-magic" },
        { "gzip", "bad-magic" },
        { "empty", "btf-unreadable" },
        { "ELF without", "elf-without-btf" },
        { "ELF empty", "btf-section-empty" },
        { "ELF garbage", "bad-magic" },
        { "ELF compressed", "btf-section-compressed" },
        { "ELF no bits", "btf-section-nobits" },
        { "ELF truncated", "truncated" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Finds_the_planted_fault_first(string fault, string code)
    {
        using var machine = new PlantedMachine();
        machine.AddSystemLibbpf();
        machine.Add("/tmp/target.btf", Plant(fault));

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog, btf: machine["/tmp/target.btf"], bpfObject: PlantedMachine.Object);

        report.Findings[0].Code.Should().Be(code, string.Join("; ", report.Findings.Select(f => $"{f.Weight} {f.Code} {f.Summary}")));
        report.Findings[0].Weight.Should().Be(100);
        report.Findings[0].Action.Should().NotBeNullOrEmpty();
        report.Answer.Should().Contain("Is another BTF, or no CO-RE, needed? Yes");
    }

    [Fact]
    public void Tells_how_much_of_the_kernels_BTF_a_truncated_copy_has()
    {
        using var machine = new PlantedMachine();
        machine.Add("/tmp/target.btf", Plant("one page"));

        DoctorFinding finding = machine.Examine(btf: machine["/tmp/target.btf"]).Findings[0];

        finding.Evidence.Should().Contain(e => e.Contains("one read() of a file in /sys yields no more"))
            .And.Contain(e => e.Contains($"{Healthy.Length - 4096} bytes are missing"));
    }

    [Fact]
    public void Healthy_BTF_within_ELF_has_no_fault()
    {
        using var machine = new PlantedMachine();
        machine.Add("/tmp/vmlinux", ElfWithBtf.Build(Healthy));

        DoctorReport report = machine.Examine(btf: machine["/tmp/vmlinux"], bpfObject: PlantedMachine.Object);

        report.Findings.Should().OnlyContain(f => f.Weight < 60).And.Contain(f => f.Code == "core-matches");
        report.Answer.Should().Contain("Nothing was found").And.Contain("Yes: all");
    }

    [Fact]
    public void Another_kernels_BTF_is_told_from_the_running_kernels()
    {
        using var machine = new PlantedMachine();
        machine.Add("/tmp/target.btf", TestData.Btf("vmlinux-6.12.117-amd64"));

        machine.Examine(btf: machine["/tmp/target.btf"]).Findings.Should().Contain(f => f.Code == "btf-of-other-kernel");
    }

    private static byte[] Plant(string fault)
    {
        byte[] data = [.. Healthy];
        switch (fault)
        {
            case "truncated":
                return data[..3_000_000];
            case "one byte short":
                return data[..^1];
            case "one page":
                return data[..4096];
            case "CRLF":
                return [.. data.SelectMany(b => b == '\n' ? new byte[] { (byte)'\r', b } : [b])];
            case "CR stripped":
                return [.. data.Where(b => b != '\r')];
            case "zeros":
                data.AsSpan(TypesAt + 300_000, 8192).Clear();
                return data;
            case "ones":
                data.AsSpan(TypesAt + 300_000, 8192).Fill(0xFF);
                return data;
            case "byte lost":
                return [.. data[..700_000], .. data[700_001..]];
            case "module":
                return TestData.Btf("mod-6.12.117-amd64.nf_conntrack");
            case "long enumeration":
                return LongEnumeration();
            case "header too long":
                BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), 0x7000_0000);
                return data;
            case "strings too early":
                BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(16), BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(16)) - 64);
                return data;
            case "strings too late":
                BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(16), BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(16)) + 64);
                return data;
            case "type offset odd":
                BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(8), 2);
                return data;
            case "strings unterminated":
                data[^1] = (byte)'x';
                return data;
            case "header only":
                return data[..20];
            case "text":
                return "#include \"vmlinux.h\"\n"u8.ToArray();
            case "gzip":
                return File.ReadAllBytes(TestData.PathOf($"testdata/btf/vmlinux-{PlantedMachine.Release}.btf.gz"));
            case "empty":
                return [];
            case "ELF without":
                return ElfWithBtf.Build(data, name: ".BTX");
            case "ELF empty":
                return ElfWithBtf.Build([]);
            case "ELF garbage":
                return ElfWithBtf.Build([.. Enumerable.Range(1, 5000).Select(i => (byte)(i * 7))]);
            case "ELF compressed":
                return ElfWithBtf.Build([1, 0, 0, 0, 0, 0, 0, 0, .. new byte[40]], flags: ElfWithBtf.Compressed);
            case "ELF no bits":
                return ElfWithBtf.Build([], ElfWithBtf.NoBits);
            case "ELF truncated":
                return ElfWithBtf.Build(data[..2_000_000]);
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "No such fault.");
        }
    }

    /// <summary>An enumeration of 70000 values: more than the 16 bits that libbpf up to 1.7 reads their number with.</summary>
    private static byte[] LongEnumeration()
    {
        const int Count = 70_000;
        byte[] strings = "\0e\0v\0"u8.ToArray();
        byte[] data = new byte[24 + 12 + (Count * 8) + strings.Length];
        Span<byte> bytes = data;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0x0001_EB9F);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], 24);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], 12 + (Count * 8));
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], 12 + (Count * 8));
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], strings.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], (6 << 24) | Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], 4);
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(36 + (i * 8))..], 3);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(40 + (i * 8))..], i);
        }

        strings.CopyTo(bytes[^strings.Length..]);
        return data;
    }
}
