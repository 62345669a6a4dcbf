namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfArenaTests
{
    private static BpfObjectSpec Spec()
    {
        Requires.Map(BpfMapType.Arena);
        return ObjectFile.Read("arena");
    }

    private static uint Run(BpfObject loaded, string program) => loaded.Programs[program].TestRun().ReturnValue;

    [Fact]
    public void Global_variables_are_shared_with_programs()
    {
        string[] before = OpenDescriptors.OfTheKernel;
        BpfObjectSpec spec = Spec();
        spec.Variables["counter"].Get<ulong>().Should().Be(40);
        spec.Variables["counter"].Set(99UL);
        using (BpfObject loaded = spec.Load())
        {
            Run(loaded, "count").Should().Be(100);
            loaded.Variables["counter"].Get<ulong>().Should().Be(100);
            loaded.Variables["counter"].Set(6UL);
            Run(loaded, "count").Should().Be(7);
            loaded.Variables["text"].GetBytes().Should().Equal("arena\0\0\0"u8.ToArray());

            BpfArena arena = loaded.Maps["arena"].Arena!;
            arena.Size.Should().Be(16 * Environment.SystemPageSize);
            arena.GlobalsOffset.Should().Be(15 * Environment.SystemPageSize, "they are at the end, so that the first page is free");
            arena.At<ulong>(arena.GlobalsOffset + spec.Variables["counter"].Offset).Should().Be(7);
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Pointers_mean_the_same_to_programs_and_to_this_process()
    {
        using BpfObject loaded = Spec().Load();
        BpfArena arena = loaded.Maps["arena"].Arena!;
        Run(loaded, "sum").Should().Be(0);
        Run(loaded, "push").Should().Be(0);
        Run(loaded, "push").Should().Be(0);
        Run(loaded, "sum").Should().Be(14);

        ulong head = loaded.Variables["head"].Get<ulong>();
        ref (ulong Next, ulong Value) first = ref arena.Follow<(ulong Next, ulong Value)>(head);
        first.Value.Should().Be(7);
        arena.Follow<(ulong Next, ulong Value)>(first.Next).Value.Should().Be(7);
        arena.Follow<(ulong Next, ulong Value)>((uint)head).Value.Should().Be(7, "programs calculate with the lower half of a pointer");
        first.Value = 30;
        Run(loaded, "sum").Should().Be(37);

        long free = arena.GlobalsOffset - 64;
        arena.At<(ulong Next, ulong Value)>(free) = (head, 100);
        loaded.Variables["head"].Set(arena.PointerTo(free));
        Run(loaded, "sum").Should().Be(137);
        arena.OffsetOf(arena.PointerTo(free)).Should().Be(free);
    }

    [Fact]
    public void What_lies_outside_is_refused()
    {
        using BpfObject loaded = Spec().Load();
        BpfArena arena = loaded.Maps["arena"].Arena!;
        FluentActions.Invoking(() => arena.At<ulong>(arena.Size - 7)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => arena.At<ulong>(-1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => arena.Slice(arena.Size, 1).Length).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => arena.Follow<ulong>(0)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*0x0 does not point into*");
        FluentActions.Invoking(() => arena.Follow<ulong>(arena.Start + (ulong)arena.Size)).Should().Throw<ArgumentOutOfRangeException>();
        loaded.Dispose();
        FluentActions.Invoking(() => arena.At<ulong>(0)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Its_size_and_place_can_be_chosen()
    {
        const ulong Place = 1UL << 44;
        BpfObjectSpec spec = Spec();
        spec.Maps["arena"].MaxEntries = 1 << 18; // 1 GiB
        spec.Maps["arena"].Extra = Place;
        using (BpfObject loaded = spec.Load())
        {
            BpfArena arena = loaded.Maps["arena"].Arena!;
            arena.Start.Should().Be(Place);
            arena.Size.Should().Be((1L << 18) * Environment.SystemPageSize);
            Run(loaded, "count").Should().Be(41);
            if (KernelVersion.Current < new Version(7, 0))
                arena.GlobalsOffset.Should().Be(0, "instructions cannot point to the end of so large an arena");
            FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>().Where(e => e.Error == Errno.EEXIST && e.Hint!.Contains("0x100000000000"));
        }

        spec.Maps["arena"].MaxEntries = 0;
        FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>().Where(e => e.Error == Errno.E2BIG && e.Hint!.Contains("raise max_entries, now 0"));
    }

    [Fact]
    public void An_arena_of_ones_own_can_be_mapped()
    {
        Requires.Map(BpfMapType.Arena);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("own") { Type = BpfMapType.Arena, MaxEntries = 2, Flags = BpfMapFlags.Mmapable });
        using BpfArena arena = BpfArena.Map(map);
        arena.At<long>(8) = 5;
        arena.Slice(8, 8).ToArray().Should().Equal(5, 0, 0, 0, 0, 0, 0, 0);
        using BpfMap array = BpfMap.Create(new BpfMapSpec("array") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
        FluentActions.Invoking(() => BpfArena.Map(array)).Should().Throw<ArgumentException>();
    }
}
