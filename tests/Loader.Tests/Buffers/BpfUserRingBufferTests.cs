using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfUserRingBufferTests
{
    private static BpfObject Load()
    {
        Requires.Kernel("6.1", "user ring buffers");
        return BpfObjectSpec.Read(TestData.PathOf("testdata/bpf/user_ring.bpf.o")).Load();
    }

    private static uint Drain(BpfObject contents) => contents.Programs["drain"].TestRun().ReturnValue;

    [Fact]
    public void Programs_get_what_was_written_in_its_order()
    {
        using BpfObject contents = Load();
        using var ring = new BpfUserRingBuffer(contents.Maps["commands"]);
        Drain(contents).Should().Be(0);
        for (ulong i = 1; i <= 5; i++)
            ring.TryWrite(i).Should().BeTrue();
        Drain(contents).Should().Be(5);
        contents.Variables["digits"].Get<ulong>().Should().Be(12345);
        Drain(contents).Should().Be(0, "they are consumed");
    }

    [Fact]
    public void A_full_buffer_takes_more_once_it_is_drained_and_goes_round()
    {
        using BpfObject contents = Load();
        using var ring = new BpfUserRingBuffer(contents.Maps["commands"]);
        byte[] record = new byte[100];
        record[0] = 1;
        for (int round = 0; round < 10; round++)
        {
            uint written = 0;
            while (ring.TryWrite(record))
                written++;
            written.Should().Be(4096 / 112, "a record takes 8 bytes more, rounded up to 8");
            Drain(contents).Should().Be(written);
        }
    }

    [Fact]
    public void What_can_never_fit_is_refused()
    {
        using BpfObject contents = Load();
        using var ring = new BpfUserRingBuffer(contents.Maps["commands"]);
        ring.TryWrite(new byte[ring.MaximumLength]).Should().BeTrue();
        FluentActions.Invoking(() => ring.TryWrite(new byte[ring.MaximumLength + 1])).Should().Throw<ArgumentException>();
        ring.Dispose();
        FluentActions.Invoking(() => ring.TryWrite(MemoryMarshal.AsBytes(new ReadOnlySpan<int>([1])))).Should().Throw<ObjectDisposedException>();
    }
}
