using System.Text.Json;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The answer of <c>btf-inspect check --json</c>.</summary>
/// <param name="File">The file.</param>
/// <param name="Header">The header as it is stored; null where there is none.</param>
/// <param name="Types">How many types the file has itself.</param>
/// <param name="Kinds">How many of each kind.</param>
/// <param name="Findings">Errors first, then warnings, then oddities.</param>
/// <param name="Verdict">good, damaged, needs-base, wrong-base, needs-newer-reader or not-btf.</param>
/// <param name="OldestLibbpf">The oldest libbpf that reads it; null where none does.</param>
/// <param name="OldestKernel">The oldest Linux that takes it from a program; null where none does.</param>
internal sealed record CheckDocument(
    string File,
    CheckDocument.HeaderFields? Header,
    int Types,
    IReadOnlyDictionary<string, int> Kinds,
    IReadOnlyList<CheckDocument.Finding> Findings,
    string Verdict,
    string? OldestLibbpf,
    string? OldestKernel) : CliDocument
{
    public static CheckDocument From(string file, BtfCheckReport report) => new(
        file,
        report.Header is { } header ? HeaderFields.From(header) : null,
        report.TypeCount,
        report.Kinds,
        [.. report.Findings.Select(Finding.From)],
        JsonNamingPolicy.KebabCaseLower.ConvertName(report.Verdict.ToString()),
        report.OldestLibbpf,
        report.OldestKernel);

    /// <param name="ByteOrder">little-endian or big-endian.</param>
    /// <param name="Version">1.</param>
    /// <param name="Flags">0.</param>
    /// <param name="Length">Bytes of the header; all offsets count from its end.</param>
    /// <param name="TypeOffset">Where the types begin.</param>
    /// <param name="TypeLength">Bytes of the types.</param>
    /// <param name="StringOffset">Where the strings begin.</param>
    /// <param name="StringLength">Bytes of the strings.</param>
    /// <param name="LayoutOffset">Where the layout section begins.</param>
    /// <param name="LayoutLength">Bytes of the layout section; 0 where there is none.</param>
    internal sealed record HeaderFields(
        string ByteOrder, byte Version, byte Flags, uint Length, uint TypeOffset, uint TypeLength, uint StringOffset, uint StringLength, uint LayoutOffset, uint LayoutLength)
    {
        public static HeaderFields From(BtfHeader header) => new(
            JsonNamingPolicy.KebabCaseLower.ConvertName(header.ByteOrder.ToString()),
            header.Version,
            header.Flags,
            header.HeaderLength,
            header.TypeOffset,
            header.TypeLength,
            header.StringOffset,
            header.StringLength,
            header.LayoutOffset,
            header.LayoutLength);
    }

    /// <param name="Code">What was found.</param>
    /// <param name="Severity">error, warning or info.</param>
    /// <param name="Offset">Bytes from the start of the BTF; null where no place applies.</param>
    /// <param name="TypeId">The type concerned; null where none is.</param>
    /// <param name="Message">A sentence.</param>
    internal sealed record Finding(string Code, string Severity, long? Offset, uint? TypeId, string Message)
    {
        public static Finding From(BtfFinding finding) => new(
            finding.Code,
            Words.Of(finding.Severity),
            finding.Offset < 0 ? null : finding.Offset,
            finding.TypeId.IsVoid ? null : finding.TypeId.Value,
            finding.Message);
    }
}
