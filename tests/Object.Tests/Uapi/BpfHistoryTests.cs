namespace P3Ebpf.Object.Tests;

/// <summary>What a kernel has stands in its own BTF.</summary>
public sealed class BpfHistoryTests
{
    public static TheoryData<string, string> Kernels => new()
    {
        { CapturedBtf.Kernel510, "5.10" }, { CapturedBtf.Kernel61, "6.1" }, { CapturedBtf.Kernel612, "6.12" }, { CapturedBtf.Kernel72, "7.2" },
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Helpers_are_in_the_kernels_since_which_they_are_said_to_be(string kernel, string version) =>
        Check(kernel, version, "bpf_func_id", "BPF_FUNC_", BpfHelper.Unspec, helper => helper.Since());

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kinds_of_maps_are_in_the_kernels_since_which_they_are_said_to_be(string kernel, string version) =>
        Check(kernel, version, "bpf_map_type", "BPF_MAP_TYPE_", BpfMapType.Unspec, type => type.Since());

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kinds_of_programs_are_in_the_kernels_since_which_they_are_said_to_be(string kernel, string version) =>
        Check(kernel, version, "bpf_prog_type", "BPF_PROG_TYPE_", BpfProgramType.Unspec, type => type.Since());

    [Fact]
    public void A_newer_number_never_came_earlier()
    {
        Version before = new(3, 0);
        foreach (BpfHelper helper in Enum.GetValues<BpfHelper>().Where(helper => helper != BpfHelper.Unspec))
        {
            helper.Since().Should().BeGreaterThanOrEqualTo(before, helper.ToString());
            before = helper.Since();
        }

        (BpfHelper.SendSignal.Since(), BpfHelper.TcpGenSyncookie.Since(), BpfHelper.SkbOutput.Since()).Should().Be((new Version(5, 3), new Version(5, 4), new Version(5, 5)));
    }

    private static void Check<T>(string kernel, string version, string enumeration, string prefix, T none, Func<T, Version> since)
        where T : struct, Enum
    {
        BtfSpec types = CapturedBtf.Read(kernel);
        types.TryFind(enumeration, BtfKind.Enum, out BtfType known).Should().BeTrue();
        var names = new Dictionary<long, string>();
        foreach (BtfEnumerator each in known.Enumerators)
        {
            // "__MAX_BPF_REG" and the like count; names of old kinds may follow the new ones with the same number.
            if (each.Name.ToString() is { } name && name.StartsWith(prefix, StringComparison.Ordinal))
                _ = names.TryAdd((long)each.UnsignedValue, name);
        }

        Version running = Version.Parse(version);
        foreach (T value in Enum.GetValues<T>().Distinct().Where(value => !value.Equals(none)))
        {
            long number = Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
            names.ContainsKey(number).Should().Be(since(value) <= running, $"{value} came with Linux {since(value)}");
        }
    }
}
