namespace P3Ebpf.Loader.Tests;

/// <summary>Loading as a whole: maps, types, programs, tokens, and what is pinned with it.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class LoadFaultTests : FaultTests
{
    [Theory]
    [MemberData(nameof(Reasons))]
    public void Loading_attaching_and_pinning(FaultReason reason)
    {
        Requires.Kernel("5.15", "links of tracepoints");
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = ObjectFile.Read("sched_lottery");
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries, stage => LoadAttachAndPin(spec, pins["all"], stage));
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
}
