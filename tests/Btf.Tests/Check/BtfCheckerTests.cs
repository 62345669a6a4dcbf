using System.Buffers.Binary;
using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Btf.Tests.Check;

public class BtfCheckerTests
{
    public static TheoryData<string, int, string?> Captured => CapturedBtf.All;

    public static TheoryData<string> Modules => ["mod-6.12.117-amd64.bridge", "mod-6.12.117-amd64.nf_conntrack", "mod-7.2.13-amd64.bridge", "mod-7.2.13-amd64.nf_conntrack"];

    public static TheoryData<string, bool> Damaged
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string name in DamagedBtf.All.Keys)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Captured))]
    public void Captured_BTF_is_good(string name, int types, string? baseName)
    {
        BtfSpec? baseSpec = baseName is null ? null : CapturedBtf.Read(baseName);
        BtfCheckReport report = BtfChecker.Check(TestData.Btf(name), new BtfCheckOptions { Base = baseSpec });

        report.Verdict.Should().Be(BtfVerdict.Good, report.Summary);
        report.HasErrors.Should().BeFalse();
        report.TypeCount.Should().Be(types);
        report.Kinds.Values.Sum().Should().Be(types);

        // Rust brings names and sizes into the arm kernel's BTF that the C side refuses.
        if (name != "vmlinux-7.2.13-armhf")
            report.Findings.Should().BeEmpty();
    }

    [Theory]
    [InlineData("vmlinux-5.10.0-46-cloud-amd64", "0.0.6", "5.0")]
    [InlineData("vmlinux-6.1.0-56-cloud-amd64", "1.0", "6.0")]
    [InlineData("vmlinux-7.2.13-amd64", "1.0", "6.15")]
    [InlineData("vmlinux-7.2.13-armhf", "1.0", null)]
    public void Tells_the_oldest_readers(string name, string libbpf, string? kernel)
    {
        BtfCheckReport report = BtfChecker.Check(TestData.Btf(name));

        report.OldestLibbpf.Should().Be(libbpf);
        report.OldestKernel.Should().Be(kernel);
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void Module_without_base_is_recognised_and_its_base_found(string name)
    {
        BtfSpec right = CapturedBtf.Read(name.Contains("6.12") ? "vmlinux-6.12.117-amd64" : "vmlinux-7.2.13-amd64");
        BtfSpec wrong = CapturedBtf.Read("vmlinux-5.10.0-46-cloud-amd64");
        BtfCheckReport report = BtfChecker.Check(TestData.Btf(name), new BtfCheckOptions { CandidateBases = [wrong, right] });

        report.Verdict.Should().Be(BtfVerdict.NeedsBase);
        report.Findings.Should().ContainSingle().Which.Code.Should().Be(BtfFindingCodes.SplitNeedsBase);
        report.Split!.TypeCount.Should().Be(right.TypeCount);
        report.Split.StringLength.Should().Be(right.Header.StringLength);
        report.Split.Fits.Should().BeSameAs(right);
        report.Action.Should().Contain(right.Source);
    }

    [Fact]
    public void Module_on_another_kernels_base_is_recognised()
    {
        BtfCheckReport report = BtfChecker.Check(
            TestData.Btf("mod-6.12.117-amd64.bridge"), new BtfCheckOptions { Base = CapturedBtf.Read("vmlinux-7.2.13-amd64") });

        report.Verdict.Should().Be(BtfVerdict.WrongBase);
        report.Findings.Should().Contain(finding => finding.Code == BtfFindingCodes.BaseMismatch);
    }

    [Fact]
    public void Base_that_is_not_needed_is_recognised()
    {
        byte[] data = BtfBytes.Sample().Build();
        BtfCheckReport report = BtfChecker.Check(data, new BtfCheckOptions { Base = BtfSpec.Parse(data) });

        report.Verdict.Should().Be(BtfVerdict.WrongBase);
        report.Findings.Should().Contain(finding => finding.Code == BtfFindingCodes.BaseNotNeeded);
    }

    [Fact]
    public void Distilled_base_and_its_module_are_good()
    {
        byte[] distilled = TestData.Btf("distilled-7.2.13-nf_conntrack.base");
        BtfCheckReport alone = BtfChecker.Check(distilled);
        BtfCheckReport module = BtfChecker.Check(TestData.Btf("distilled-7.2.13-nf_conntrack"), new BtfCheckOptions { Base = BtfSpec.Parse(distilled) });

        alone.Findings.Should().ContainSingle().Which.Code.Should().Be(BtfFindingCodes.DistilledBase);
        module.Verdict.Should().Be(BtfVerdict.Good, module.Summary);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sample_is_without_fault(bool bigEndian)
    {
        BtfBytes sample = BtfBytes.Sample();
        sample.IsBigEndian = bigEndian;
        BtfCheckReport report = BtfChecker.Check(sample.Build());

        report.Findings.Should().BeEmpty();
        report.TypeCount.Should().Be(20 + 1);
        report.OldestLibbpf.Should().Be("1.0");
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Every_rule_is_checked(string name, bool bigEndian)
    {
        (Func<bool, byte[]> build, string code, BtfVerdict verdict) = DamagedBtf.All[name];
        byte[] data = build(bigEndian);
        BtfCheckReport report = BtfChecker.Check(data);

        report.Findings.Select(finding => finding.Code).Should().Contain(code);
        report.Verdict.Should().Be(verdict, report.Summary);
        Parses(data).Should().Be(!report.HasErrors, "the reader and the checker must agree about what libbpf refuses");
        (report.OldestLibbpf is null).Should().Be(report.HasErrors);
    }

    [Theory]
    [InlineData("vmlinux-7.2.13-amd64", "truncated", "page")]
    [InlineData("vmlinux-7.2.13-amd64", "truncated", "half")]
    [InlineData("vmlinux-7.2.13-amd64", "crlf-expanded", "crlf")]
    [InlineData("vmlinux-7.2.13-s390x", "crlf-expanded", "crlf")]
    [InlineData("mod-7.2.13-amd64.bridge", "crlf-expanded", "crlf")]
    [InlineData("vmlinux-7.2.13-amd64", "cr-stripped", "crlf-to-lf")]
    [InlineData("vmlinux-7.2.13-s390x", "cr-stripped", "cr-removed")]
    [InlineData("vmlinux-7.2.13-amd64", "zero-run", "sector")]
    [InlineData("vmlinux-7.2.13-amd64", "bytes-lost", "one-lost")]
    [InlineData("vmlinux-6.1.0-56-cloud-amd64", "bytes-inserted", "one-more")]
    public void Damage_on_the_way_is_recognised(string name, string code, string damage)
    {
        byte[] data = TestData.Btf(name);
        byte[] damaged = damage switch
        {
            "page" => data[..4096],
            "half" => data[..(data.Length / 2)],
            "crlf" => Replace(data, (_, value) => value == 10 ? [13, 10] : [value]),
            "crlf-to-lf" => Replace(data, (next, value) => value == 13 && next == 10 ? [] : [value]),
            "cr-removed" => Replace(data, (_, value) => value == 13 ? [] : [value]),
            "sector" => [.. data[..(1 << 20)], .. new byte[512], .. data[((1 << 20) + 512)..]],
            "one-lost" => [.. data[..1_000_000], .. data[1_000_001..]],
            _ => [.. data[..1_000_000], 7, .. data[1_000_000..]],
        };

        BtfCheckReport report = BtfChecker.Check(damaged);
        report.Findings.Select(finding => finding.Code).Should().Contain(code);
        report.Verdict.Should().Be(BtfVerdict.Damaged);
        Parses(damaged).Should().BeFalse();
    }

    [Theory]
    [InlineData("vmlinux-6.1.0-56-cloud-amd64", -4)]
    [InlineData("vmlinux-6.1.0-56-cloud-amd64", -5000)]
    [InlineData("vmlinux-7.2.13-s390x", -1)]
    [InlineData("vmlinux-7.2.13-amd64", 4)]
    [InlineData("vmlinux-7.2.13-amd64", 1)]
    public void Strings_at_a_wrong_place_are_the_fault_of_the_header(string name, int shift)
    {
        byte[] data = TestData.Btf(name);
        BtfSpec original = BtfSpec.Parse(data);
        uint right = original.Header.StringOffset;
        Action<Span<byte>, uint> write = original.Header.ByteOrder == BtfByteOrder.LittleEndian ? BinaryPrimitives.WriteUInt32LittleEndian : BinaryPrimitives.WriteUInt32BigEndian;
        write(data.AsSpan(16), (uint)(right + shift));

        BtfCheckReport report = BtfChecker.Check(data);

        report.Verdict.Should().Be(BtfVerdict.Damaged);
        report.Findings.Where(finding => finding.Code == BtfFindingCodes.HeaderRange).Should().Contain(finding => finding.Message.Contains($"fit at {right}"));
        report.Findings.Select(finding => finding.Code).Should().NotContain([BtfFindingCodes.BytesInserted, BtfFindingCodes.BytesLost, BtfFindingCodes.CrStripped]);
        Parses(data).Should().BeFalse();
    }

    [Fact]
    public void Goes_on_behind_a_lost_sector()
    {
        byte[] data = TestData.Btf("vmlinux-7.2.13-amd64");
        data.AsSpan(1 << 20, 512).Clear();
        BtfCheckReport report = BtfChecker.Check(data);

        report.TypeCount.Should().BeInRange(124639 - 50, 124639);
        BtfFinding run = report.Findings.Single(finding => finding.Code == BtfFindingCodes.ZeroRun);
        run.Offset.Should().BeInRange((1 << 20) - 11, 1 << 20);
        run.Message.Should().Contain("1 blocks of 512 bytes");
    }

    [Fact]
    public void Findings_of_a_kind_are_limited_and_the_rest_counted()
    {
        BtfBytes btf = BtfBytes.Sample();
        for (int i = 0; i < 1000; i++)
            _ = btf.Add(BtfKind.Float, "f", 3);
        BtfFinding[] findings = [.. BtfChecker.Check(btf.Build()).Findings.Where(finding => finding.Code == BtfFindingCodes.FloatSize)];

        findings.Should().HaveCount(101);
        findings[^1].Message.Should().Be("900 more of this kind are not listed");
    }

    [Fact]
    public void Name_of_the_source_may_hold_anything()
    {
        BtfChecker.Check(new byte[] { 1, 2, 3 }, new BtfCheckOptions { Source = "{0}{9}" }).Summary.Should().StartWith("{0}{9} is not BTF");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Random_damage_yields_findings_and_nothing_else(int firstSeed)
    {
        byte[] distilledBase = TestData.Btf("distilled-7.2.13-nf_conntrack.base");
        (byte[] Data, BtfSpec? Base)[] inputs =
        [
            (BtfBytes.Sample().Build(), null),
            (distilledBase, null),
            (TestData.Btf("distilled-7.2.13-nf_conntrack"), BtfSpec.Parse(distilledBase)),
            (TestData.Btf("mod-7.2.13-amd64.nf_conntrack"), null),
        ];
        for (int seed = firstSeed; seed < firstSeed + 2000; seed++)
        {
            (byte[] original, BtfSpec? baseSpec) = inputs[seed % inputs.Length];
            byte[] data = new Mutator(seed).Mutate(original);
            BtfCheckReport report = BtfChecker.Check(data, new BtfCheckOptions { Base = baseSpec });

            report.HasErrors.Should().Be(!Parses(data, baseSpec), "reader and checker must agree (seed {0})", seed);
            report.Findings.Count.Should().BeLessThan(101 * 20);
        }
    }

    private static bool Parses(byte[] data, BtfSpec? baseSpec = null)
    {
        try
        {
            _ = BtfSpec.Parse(data, new BtfReadOptions { Base = baseSpec });
            return true;
        }
        catch (BtfFormatException)
        {
            return false;
        }
    }

    private static byte[] Replace(byte[] data, Func<int, byte, byte[]> replace)
    {
        var replaced = new List<byte>(data.Length);
        for (int i = 0; i < data.Length; i++)
            replaced.AddRange(replace(i + 1 < data.Length ? data[i + 1] : -1, data[i]));
        return [.. replaced];
    }
}
