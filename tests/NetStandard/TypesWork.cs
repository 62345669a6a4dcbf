using System.IO.Compression;

namespace P3Ebpf.NetStandard;

/// <summary>Reads, checks, prints, compares, deduplicates and rewrites captured BTF.</summary>
internal static class TypesWork
{
    public const string Old = "vmlinux-5.10.0-46-cloud-amd64";
    public const string New = "vmlinux-7.2.13-amd64";
    private const string OtherByteOrder = "vmlinux-7.2.13-s390x";

    public static IEnumerable<Work> In(string root)
    {
        foreach (string name in new[] { Old, New, OtherByteOrder })
        {
            BtfSpec btf = Read(root, name);
            yield return new Work($"{name} types", () => $"{btf.TypeCount} {btf.SizeOf(Find(btf, "task_struct").Id)}");
            yield return new Work($"{name} raw text", () => Digest.Of(output => BtfRawPrinter.Write(btf, output)));
            yield return new Work($"{name} JSON", () => Digest.Of(output => BtfJsonPrinter.Write(btf, output)));
            yield return new Work($"{name} C", () => Digest.Of(output => BtfCPrinter.Write(btf, output)));
            yield return new Work($"{name} layout", () => Digest.Of(BtfLayoutPrinter.ToText(Find(btf, "task_struct"))));
            yield return new Work($"{name} check", () => Describe(BtfChecker.Check(Bytes(root, name))));
            yield return new Work($"{name} rewritten", () => Digest.Of(BtfBuilder.CopyOf(btf).ToArray()));
        }

        yield return new Work("module on its base", () => Digest.Of(output => BtfRawPrinter.Write(
            BtfSpec.Parse(Bytes(root, "mod-7.2.13-amd64.bridge"), new BtfReadOptions { Base = Read(root, New), Source = "bridge" }), output)));
        yield return new Work("comparison", () => Digest.Of(string.Join("\n", BtfComparison.Compare(Read(root, Old), Read(root, New), ["task_struct", "sk_buff", "file"]).Differences.Select(each => each.ToString()))));
    }

    public static BtfSpec Read(string root, string name) => BtfSpec.Parse(Bytes(root, name), new BtfReadOptions { Source = name });

    public static byte[] Bytes(string root, string name)
    {
        using FileStream file = File.OpenRead(Path.Combine(root, "testdata", "btf", name + ".btf.gz"));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static string Describe(BtfCheckReport report) =>
        $"{report.Verdict} {report.TypeCount} {report.OldestLibbpf} {report.OldestKernel} {Digest.Of(string.Join("\n", report.Findings.Select(each => $"{each.Code} {each.Offset} {each.TypeId} {each.Message}")))}";

    private static BtfType Find(BtfSpec btf, string name) => btf.TryFind(name, BtfKind.Struct, out BtfType type) ? type : throw new InvalidDataException($"{name} is missing.");
}
