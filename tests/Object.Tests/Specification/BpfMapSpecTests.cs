namespace P3Ebpf.Object.Tests;

public sealed class BpfMapSpecTests
{
    [Theory]
    [InlineData(BpfMapType.StackTrace, 4, 8, 1, null)]
    [InlineData(BpfMapType.StackTrace, 4, 1016, 64, null)]
    [InlineData(BpfMapType.StackTrace, 4, 1016, 0, "A stack map needs max_entries (here 0)*")]
    [InlineData(BpfMapType.StackTrace, 8, 1016, 1, "*a key of 4 bytes (8)*")]
    [InlineData(BpfMapType.StackTrace, 4, 0, 1, "*a value of 8 bytes a frame (0), at most 127 frames: __uint(value_size, 127 * sizeof(__u64)).")]
    [InlineData(BpfMapType.StackTrace, 4, 12, 1, "*a frame (12)*")]
    [InlineData(BpfMapType.Ringbuf, 0, 0, 4096, null)]
    [InlineData(BpfMapType.Ringbuf, 4, 0, 4096, "A ring buffer has no key (4) and no value (0); max_entries is its size in bytes (4096).")]
    [InlineData(BpfMapType.UserRingbuf, 0, 8, 4096, "A ring buffer has no key (0) and no value (8)*")]
    [InlineData(BpfMapType.UserRingbuf, 0, 0, 0, "*its size in bytes (0).")]
    [InlineData(BpfMapType.Array, 4, 8, 1, null)]
    [InlineData(BpfMapType.Array, 8, 8, 1, "The key of an array is a 32-bit index: 4 bytes, not 8.")]
    [InlineData(BpfMapType.PercpuArray, 0, 8, 1, "The key of an array is a 32-bit index: 4 bytes, not 0.")]
    [InlineData(BpfMapType.ProgArray, 2, 4, 1, "The key of an array*")]
    [InlineData(BpfMapType.PerfEventArray, 2, 4, 1, "The key of an array*")]
    [InlineData(BpfMapType.PerfEventArray, 4, 4, 0, null)] // one for each processor
    [InlineData(BpfMapType.Array, 4, 8, 0, "Give it max_entries: __uint(max_entries, N); here it is 0.")]
    [InlineData(BpfMapType.Hash, 8, 8, 0, "Give it max_entries*")]
    [InlineData(BpfMapType.Hash, 8, 8, 1, null)]
    [InlineData(BpfMapType.StructOps, 4, 8, 0, null)]
    [InlineData(BpfMapType.CgroupStorage, 8, 8, 0, null)]
    [InlineData(BpfMapType.TaskStorage, 4, 8, 0, null)]
    [InlineData(BpfMapType.SkStorage, 4, 8, 0, null)]
    public void Sizes_that_a_map_of_a_type_cannot_have_are_told(BpfMapType type, int keySize, int valueSize, uint entries, string? problem)
    {
        string? told = new BpfMapSpec("map") { Type = type, KeySize = keySize, ValueSize = valueSize, MaxEntries = entries }.SizeProblem;

        if (problem is null)
            told.Should().BeNull();
        else
            told.Should().Match(problem);
    }

    /// <summary>As libbpf's internal_map_name has it.</summary>
    [Theory]
    [InlineData("globals", ".data", "globals.data")]
    [InlineData("sched_lottery", ".bss", "sched_lo.bss")]
    [InlineData("sched_lottery", ".rodata", "sched_lo.rodata")]
    [InlineData("sched_lottery", ".rodata_x", "sched_.rodata_x")]
    [InlineData("x", ".bss", "x.bss")]
    [InlineData("has-dash", ".bss", "has_dash.bss")]
    [InlineData("globals", ".data.custom", ".data.custom")]
    [InlineData("globals", ".rodata.str1.16x", ".rodata.str1.16")]
    [InlineData("globals", ".data_of_a_long_name", ".data_of_a_long")]
    public void Maps_of_variables_are_called_after_object_and_section(string file, string section, string name) =>
        BpfMapSpec.KernelNameOfData(file, section).Should().Be(name);

    [Theory]
    [InlineData("counts", "counts")]
    [InlineData("A.name_0", "A.name_0")]
    [InlineData("exactly_fifteen", "exactly_fifteen")]
    [InlineData("one_more_than_it", "one_more_than_i")]
    [InlineData("a-b c\u00e4", "a_b_c_")]
    public void The_kernel_takes_fifteen_plain_characters(string name, string kernelName)
    {
        var map = new BpfMapSpec(name);

        map.KernelName.Should().Be(kernelName);
        map.Name.Should().Be(name).And.Be(map.ToString());
        map.InitialValue.IsEmpty.Should().BeTrue();
        (map.IsAutoCreated, map.IsAutoAttached).Should().Be((true, true));
    }

    [Fact]
    public void A_map_needs_a_name() => FluentActions.Invoking(() => new BpfMapSpec(null!)).Should().Throw<ArgumentNullException>();
}
