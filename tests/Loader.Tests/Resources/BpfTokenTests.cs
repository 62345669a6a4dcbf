namespace P3Ebpf.Loader.Tests;

/// <summary>
/// What a process in a user namespace may do by the token of a bpffs that delegates. A process cannot enter a user namespace once it has threads, so
/// the tests marked explicit are run by another process of this executable, which unshare(1) starts in one.
/// </summary>
[KernelTests]
public sealed class BpfTokenTests
{
    private const string Conventional = BpfFs.DefaultMountPoint;

    [Fact]
    public void Outside_of_user_namespaces_there_is_no_token_and_none_is_needed()
    {
        Requires.Kernel("6.9", "tokens");
        string[] before = OpenDescriptors.OfTheKernel;
        using var fileSystem = new PrivateBpfFs();
        FluentActions.Invoking(() => BpfToken.Create(fileSystem.Root)).Should().Throw<BpfException>().WithText("Taking a token*no tokens*capabilities decide*");
        FluentActions.Invoking(() => BpfToken.Create("/")).Should().Throw<BpfException>().WithText("*not where a bpffs is mounted*");
        FluentActions.Invoking(() => BpfToken.Create("/nowhere")).Should().Throw<BpfException>().WithText("*ENOENT*no such directory*");
        FluentActions.Invoking(() => ObjectFile.Read("globals").Load(new BpfLoadOptions { TokenPath = "/nowhere" })).Should().Throw<BpfException>("a path that was given must have a token");
        BpfToken.Find(string.Empty).Should().BeNull();
        BpfToken.Find().Should().BeNull();
        ObjectFile.Read("globals").Load().Dispose();
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Before_Linux_6_9_tokens_are_refused_by_name()
    {
        Requires.Bpf();
        Assert.SkipWhen(KernelFeature.Tokens.IsSupported(), "This kernel has tokens.");
        FluentActions.Invoking(() => BpfToken.Create(Conventional)).Should().Throw<BpfException>().WithText("*tokens need Linux 6.9*");
        BpfToken.Find().Should().BeNull();
    }

    [Theory]
    [InlineData(nameof(A_user_namespace_loads_by_the_token_of_its_bpffs))]
    [InlineData(nameof(What_is_not_delegated_is_refused_with_what_is))]
    public void In_a_user_namespace(string test)
    {
        Requires.Kernel("6.9", "tokens");
        Requires.Root();
        UserNamespaceChild.Run($"{typeof(BpfTokenTests).FullName}.{test}");
    }

    [Fact(Explicit = true)]
    public void A_user_namespace_loads_by_the_token_of_its_bpffs()
    {
        BpfObjectSpec spec = ObjectFile.Read("globals");
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>("nothing delegates yet").Which.Kind.Should().Be(BpfFailureKind.NotPermitted);

        using var mounts = new DelegatedMounts();
        mounts.Request(Conventional, "delegate_cmds=any", "delegate_maps=any", "delegate_progs=any", "delegate_attachs=any");
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = spec.Load())
        {
            loaded.Programs["compute"].TestRun(new byte[64]).ReturnValue.Should().Be(140);
            loaded.Variables["custom"].Get<uint>().Should().Be(7);
        }

        FluentActions.Invoking(() => spec.Load(new BpfLoadOptions { TokenPath = string.Empty })).Should().Throw<BpfException>("an empty path stands for no token");

        // By itself, for what is made without an object.
        using (var token = BpfToken.Create(Conventional))
        {
            token.Delegated.Should().Contain(option => option.StartsWith("delegate_progs", StringComparison.Ordinal));
            var stack = new BpfMapSpec("stack") { Type = BpfMapType.Stack, ValueSize = 8, MaxEntries = 1 };
            FluentActions.Invoking(() => BpfMap.Create(stack)).Should().Throw<BpfException>();
            using (token.Use())
            {
                BpfMap.Create(stack).Dispose();
                TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.Tracepoint, "traces").Dispose();
            }

            FluentActions.Invoking(() => BpfMap.Create(stack)).Should().Throw<BpfException>("the token is no longer in use");
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact(Explicit = true)]
    public void What_is_not_delegated_is_refused_with_what_is()
    {
        using var mounts = new DelegatedMounts();
        string maps = mounts.Request("maps", "delegate_cmds=0x41", "delegate_maps=any"); // BPF_MAP_CREATE (0) and, of no use here, BPF_MAP_DELETE_ELEM (6)
        string nothing = mounts.Request("nothing");
        FluentActions.Invoking(() => BpfToken.Create(nothing)).Should().Throw<BpfException>().WithText("*delegates nothing*delegate_progs*");

        Environment.SetEnvironmentVariable(BpfToken.PathVariable, maps);
        BpfObjectSpec spec = ObjectFile.Read("globals");
        foreach (BpfProgramSpec program in spec.Programs)
            program.IsAutoLoaded = false;
        using (BpfObject loaded = spec.Load())
            loaded.Maps["numbers"].GetInfo().MaxEntries.Should().Be(4, "maps are delegated, and the object goes without BTF");
        FluentActions.Invoking(() => ObjectFile.Read("globals").Load()).Should().Throw<BpfException>()
            .WithText($"*EPERM*token of {maps}*delegate_maps=any*").Which.Kind.Should().Be(BpfFailureKind.NotPermitted);
        Environment.SetEnvironmentVariable(BpfToken.PathVariable, string.Empty);
        BpfToken.Find().Should().BeNull();
    }
}
