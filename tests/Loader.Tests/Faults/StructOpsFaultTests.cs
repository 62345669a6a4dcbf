namespace P3Ebpf.Loader.Tests;

/// <summary>Congestion controls in struct_ops maps: loaded, attached with and without a link, pinned.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class StructOpsFaultTests : FaultTests, IClassFixture<CongestionTurn>
{
    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_struct_ops_map_with_a_pinned_link(FaultReason reason)
    {
        Requires.Kernel("6.4", "links of struct_ops");
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = Controls("linked");
        Walk(reason, walk =>
        {
            walk.Watched["pin"] = () => pins.Entries;
            walk.Watched["congestion control"] = () => Left("p3_linked");
        }, stage => LoadAttachAndPin(spec, pins["all"], stage));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_registered_struct_ops_map(FaultReason reason)
    {
        Requires.Kernel("5.6", "struct_ops");
        BpfObjectSpec spec = Controls("registered");
        Walk(reason, walk => walk.Watched["congestion control"] = () => Left("p3_registered"), stage =>
        {
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            loaded.Links[0].Detach();
            stage.Begin();
        });
    }

    /// <summary>The kernel gives up a link that was only pinned a little after its pin is gone (<c>bpf_link_put</c> defers it).</summary>
    private static string[] Left(string name)
    {
        string[] left = [];
        _ = SpinWait.SpinUntil(
            () =>
            {
                left = [.. Congestion.Available.Where(each => each == name)];
                if (left.Length > 0)
                    Thread.Sleep(5);
                return left.Length == 0;
            },
            TimeSpan.FromMinutes(1));
        return left;
    }

    private static BpfObjectSpec Controls(string map)
    {
        BpfObjectSpec spec = ObjectFile.Read("congestion");
        foreach (BpfMapSpec each in spec.Maps.Where(each => each.StructOps is not null))
            each.IsAutoCreated = each.Name == map;
        return spec;
    }
}
