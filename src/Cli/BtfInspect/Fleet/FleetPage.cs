namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>The page of a fleet.</summary>
internal static class FleetPage
{
    public static byte[] Of(FleetRun run) => throw new NotSupportedException(run.ToString());
}
