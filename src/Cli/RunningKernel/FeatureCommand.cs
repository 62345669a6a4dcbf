using System.CommandLine;

namespace P3Ebpf.Cli.RunningKernel;

/// <summary><c>p3ebpf feature</c>: what this kernel can do, and since which Linux.</summary>
internal sealed class FeatureCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf feature
          p3ebpf feature --json
        """;

    public FeatureCommand()
        : base("feature", "Show what this kernel can do, by trying it: features, types of programs and maps, and the helpers of each type of program; each with the Linux version that brings it.", CommandExamples)
    {
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        FeatureDocument document;
        using (invocation.Begin("trying helpers"))
            document = FeatureDocument.OfRunningKernel();
        if (invocation.WantsJson)
            invocation.Write(document, RunningKernelJson.Default.FeatureDocument);
        else
            Write(document, invocation.Output);
        return ExitCode.Done;
    }

    private static void Write(FeatureDocument document, LineWriter output)
    {
        output.WriteLine($"Linux {document.Release} ({document.Version})");
        output.WriteLine();
        WriteTable("FEATURE", document.Features, output);
        WriteTable("PROGRAM TYPE", document.ProgramTypes, output);
        WriteTable("MAP TYPE", document.MapTypes, output);
        var table = new TextTable("HELPER", "SINCE", "PROGRAM TYPES");
        int all = document.Helpers.Count;
        ILookup<string, string> types = document.Helpers.SelectMany(each => each.Value.Select(name => (Type: each.Key, Helper: name))).ToLookup(each => each.Helper, each => each.Type);
        foreach ((string helper, string since) in document.HelperVersions.OrderBy(each => Version.Parse(each.Value)))
            table.Add(helper, since, types[helper].Count() == all ? "all" : string.Join(", ", types[helper]));
        table.Write(output);
    }

    private static void WriteTable(string heading, IReadOnlyList<FeatureDocument.Feature> features, LineWriter output)
    {
        var table = new TextTable(heading, "HERE", "SINCE");
        foreach (FeatureDocument.Feature feature in features)
            table.Add(feature.Name, feature.Supported switch { true => "yes", false => "no", null => "not permitted" }, feature.Since);
        table.Write(output);
        output.WriteLine();
    }
}

/// <summary>The answer of <c>feature --json</c>.</summary>
/// <param name="Release">As <c>uname -r</c> prints it.</param>
/// <param name="Version">The version that the kernel means.</param>
/// <param name="Features">What P3Ebpf asks for when it loads and attaches.</param>
/// <param name="ProgramTypes">The types of programs.</param>
/// <param name="MapTypes">The types of maps.</param>
/// <param name="Helpers">The helpers that may be called, by the type of program; types that cannot be tried are missing.</param>
/// <param name="HelperVersions">The Linux version that brings each of these helpers.</param>
internal sealed record FeatureDocument(
    string Release, string Version, IReadOnlyList<FeatureDocument.Feature> Features, IReadOnlyList<FeatureDocument.Feature> ProgramTypes, IReadOnlyList<FeatureDocument.Feature> MapTypes,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Helpers, IReadOnlyDictionary<string, string> HelperVersions) : CliDocument
{
    public static FeatureDocument OfRunningKernel()
    {
        var helpers = new Dictionary<string, IReadOnlyList<string>>();
        var versions = new Dictionary<string, string>();
        foreach (BpfProgramType type in Enum.GetValues<BpfProgramType>())
        {
            if (KernelSupport.HelpersOf(type) is not { } callable)
                continue;
            helpers.Add(Words.Of(type), [.. callable.Select(Words.Of)]);
            foreach (BpfHelper helper in callable)
                versions[Words.Of(helper)] = helper.Since().ToString();
        }

        return new(
            KernelVersion.Release, KernelVersion.Current.ToString(),
            [.. KernelFeature.All.Select(feature => new Feature(feature.Name, feature.IsSupported(), feature.Since.ToString()))],
            [.. Enum.GetValues<BpfProgramType>().Where(type => type != BpfProgramType.Unspec).Select(type => new Feature(Words.Of(type), KernelSupport.Has(type), type.Since().ToString()))],
            [.. Enum.GetValues<BpfMapType>().Where(type => type != BpfMapType.Unspec).Select(type => new Feature(Words.Of(type), KernelSupport.Has(type), type.Since().ToString()))],
            helpers, versions);
    }

    /// <param name="Name">What it is.</param>
    /// <param name="Supported">Whether this kernel has it; null where trying is not permitted.</param>
    /// <param name="Since">The Linux version that brings it.</param>
    internal sealed record Feature(string Name, bool? Supported, string Since);
}
