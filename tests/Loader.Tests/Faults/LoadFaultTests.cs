namespace P3Ebpf.Loader.Tests;

/// <summary>Loading as a whole: maps, types, programs, struct_ops, tokens, and what is pinned with it.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class LoadFaultTests : FaultTests, IClassFixture<CongestionTurn>
{
    [Theory]
    [MemberData(nameof(Reasons))]
    public void Loading_attaching_and_pinning(FaultReason reason)
    {
        Requires.Kernel("5.15", "links of tracepoints");
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = ObjectFile.Read("sched_lottery");
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries, stage =>
        {
            BpfPinPlan plan = BpfPinPlan.InDirectory(spec, pins["all"]);
            using BpfPinScope scope = BpfFs.Prepare(plan.Paths);
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            plan.Apply(scope, loaded);
            stage.Begin();
        });
    }

    [Fact]
    public void Loading_when_nothing_is_known_of_the_kernel_yet()
    {
        Requires.Kernel("5.8", "ring buffers");
        BpfObjectSpec spec = ObjectFile.Read("records");
        foreach (FaultReason reason in (FaultReason[])[FaultReason.Exhausted, FaultReason.Forbidden])
        {
            new FaultWalk(reason).Run(stage =>
            {
                KernelFeature.Forget();
                using BpfObject loaded = spec.Load();
                stage.Begin();
            });
        }

        KernelFeature.Forget();
        KernelFeature.BtfLoading.IsSupported().Should().BeTrue("what failed for another reason is asked again");
    }

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
            walk.Watched["congestion control"] = () => Congestion.Available;
        }, stage =>
        {
            BpfPinPlan plan = BpfPinPlan.InDirectory(spec, pins["all"]);
            using BpfPinScope scope = BpfFs.Prepare(plan.Paths);
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            plan.Apply(scope, loaded);
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_registered_struct_ops_map(FaultReason reason)
    {
        Requires.Kernel("5.6", "struct_ops");
        BpfObjectSpec spec = Controls("registered");
        Walk(reason, walk => walk.Watched["congestion control"] = () => Congestion.Available, stage =>
        {
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            loaded.Links[0].Detach();
            stage.Begin();
        });
    }

    [Fact]
    public void A_load_by_a_token()
    {
        Requires.Kernel("6.9", "tokens");
        Requires.Root();
        UserNamespaceChild.Run($"{typeof(LoadFaultTests).FullName}.{nameof(A_load_in_a_user_namespace)}");
    }

    [Fact(Explicit = true)]
    public void A_load_in_a_user_namespace()
    {
        using var mounts = new DelegatedMounts();
        _ = mounts.Request(BpfFs.DefaultMountPoint, "delegate_cmds=any", "delegate_maps=any", "delegate_progs=any", "delegate_attachs=any");
        BpfObjectSpec spec = ObjectFile.Read("globals");
        foreach (FaultReason reason in AllReasons)
        {
            Walk(reason, walk => walk.Watched.Remove("event of tracefs"), stage =>
            {
                using BpfObject loaded = spec.Load();
                stage.Begin();
            });
        }
    }

    private static BpfObjectSpec Controls(string map)
    {
        BpfObjectSpec spec = ObjectFile.Read("congestion");
        foreach (BpfMapSpec each in spec.Maps.Where(each => each.StructOps is not null))
            each.IsAutoCreated = each.Name == map;
        return spec;
    }
}
