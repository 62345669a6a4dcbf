using System.Globalization;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The text of <c>btf-inspect check</c>: the verdict first, what to do about it last.</summary>
internal static class CheckReport
{
    public static void Write(LineWriter writer, BtfCheckReport report)
    {
        writer.WriteLine(report.Summary);
        if (report.Header is { } header)
            WriteHeader(writer, header, report.Sections);
        if (report.Kinds.Count > 0)
            WriteKinds(writer, report);
        WriteFindings(writer, report.Findings);
        if (report.Header is not null)
            WriteReaders(writer, report);
        if (report.Action is { } action)
        {
            writer.WriteLine();
            writer.WriteLine($"What to do: {action}.");
        }
    }

    private static void WriteHeader(LineWriter writer, BtfHeader header, IReadOnlyList<BtfSectionExtent> sections)
    {
        string order = header.ByteOrder == BtfByteOrder.LittleEndian ? "little-endian" : "big-endian";
        writer.WriteLine();
        writer.WriteLine($"Header: {header.HeaderLength} bytes, {order}, version {header.Version}, flags {header.Flags}");
        writer.WriteLine();
        var table = new TextTable("SECTION", ">OFFSET", ">LENGTH");
        foreach (BtfSectionExtent section in sections)
            table.Add(section.Name, Number(section.Offset), Number(section.Length));
        table.Write(writer);
    }

    private static void WriteKinds(LineWriter writer, BtfCheckReport report)
    {
        writer.WriteLine();
        var table = new TextTable("KIND", ">TYPES");
        foreach ((string kind, int count) in report.Kinds)
            table.Add(kind, Number(count));
        table.Add("all", Number(report.TypeCount));
        table.Write(writer);
    }

    private static void WriteFindings(LineWriter writer, IReadOnlyList<BtfFinding> findings)
    {
        writer.WriteLine();
        if (findings.Count == 0)
        {
            writer.WriteLine("Findings: none");
            return;
        }

        writer.WriteLine("Findings:");
        foreach (BtfFinding finding in findings)
        {
            writer.WriteLine($"  {Words.Of(finding.Severity)} {finding.Code}{Place(finding)}: {finding.Message}");
            if (finding.Action is { } action)
                writer.WriteLine($"      {action}");
        }
    }

    private static string Place(BtfFinding finding)
    {
        string offset = finding.Offset < 0 ? string.Empty : $" at byte {finding.Offset}";
        return finding.TypeId.IsVoid ? offset : $"{offset} in type {finding.TypeId}";
    }

    private static void WriteReaders(LineWriter writer, BtfCheckReport report)
    {
        writer.WriteLine();
        writer.WriteLine("Who can read it:");
        writer.WriteLine($"  libbpf  {Since(report.OldestLibbpf) ?? "none, because of the errors"}");
        writer.WriteLine($"  Linux   {Since(report.OldestKernel) ?? "none takes it from a program (BPF_BTF_LOAD), because of the errors and warnings"}");
    }

    private static string? Since(string? version) => version is null ? null : char.IsAsciiDigit(version[0]) ? $"{version} and later" : version;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
