using System.Runtime.InteropServices;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfEventBufferTests
{
    /// <summary>Sends the two 64-bit numbers 7 and 8.</summary>
    private static BpfProgram Sender(BpfMap map, BpfHelper helper) => TestProgram.Load(
        helper == BpfHelper.RingbufOutput
            ?
            [
                StoreImmediate(BpfAccessSize.DoubleWord, R10, -16, 7), StoreImmediate(BpfAccessSize.DoubleWord, R10, -8, 8), .. LoadMapFd(R1, map.Handle.Descriptor),
                Mov(R2, R10), AddImmediate(R2, -16), MovImmediate(R3, 16), MovImmediate(R4, 0),
                Call(helper), Exit(),
            ]
            :
            [
                StoreImmediate(BpfAccessSize.DoubleWord, R10, -16, 7), StoreImmediate(BpfAccessSize.DoubleWord, R10, -8, 8), .. LoadMapFd(R2, map.Handle.Descriptor),
                MovImmediate32(R3, -1), Mov(R4, R10), AddImmediate(R4, -16), MovImmediate(R5, 16),
                Call(helper), Exit(),
            ],
        helper == BpfHelper.RingbufOutput ? BpfProgramType.SocketFilter : BpfProgramType.SchedCls);

    private static BpfMap Ring(uint size = 4096)
    {
        Requires.Map(BpfMapType.Ringbuf);
        return BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = size });
    }

    private static void Send(BpfProgram program, int times)
    {
        for (int i = 0; i < times; i++)
            program.TestRun(data: new byte[64], repeat: 1).ReturnValue.Should().Be(0, "the record fits");
    }

    [Fact]
    public void Records_come_in_order_and_the_ring_goes_round()
    {
        using BpfMap map = Ring();
        using BpfProgram sender = Sender(map, BpfHelper.RingbufOutput);
        using BpfRingBuffer ring = new(map);
        ring.Consume(_ => Assert.Fail("nothing was sent")).Should().Be(0);

        for (int round = 0; round < 10; round++)
        {
            Send(sender, 100);
            ring.AvailableBytes.Should().Be(100 * 24);
            int seen = 0;
            ring.Consume(record =>
            {
                record.ToArray().Should().Equal(TestProgram.Bytes(7L, 8L));
                seen++;
            }).Should().Be(100);
            seen.Should().Be(100);
            ring.AvailableBytes.Should().Be(0);
        }
    }

    [Fact]
    [Trait("Takes", "Long")]
    public void Of_millions_of_records_in_several_rings_none_is_lost_or_out_of_order()
    {
        const int Each = 20_000;
        const int Rounds = 50;
        using BpfMap first = Ring(1 << 20);
        using BpfMap second = Ring(1 << 20);
        using BpfMap numbers = BpfMap.Create(new BpfMapSpec("numbers") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 16, MaxEntries = 1 });
        using BpfProgram toFirst = CountingSender(first, numbers, 0);
        using BpfProgram toSecond = CountingSender(second, numbers, 8);
        using BpfRingBuffer rings = new([first, second]);
        long[] expected = [0, 0];
        for (int round = 0; round < Rounds; round++)
        {
            toFirst.TestRun(data: new byte[64], repeat: Each).ReturnValue.Should().Be(0, "the records fit");
            toSecond.TestRun(data: new byte[64], repeat: Each).ReturnValue.Should().Be(0, "the records fit");
            int handed = 0;
            while (handed < 2 * Each)
            {
                handed += rings.Consume(record =>
                {
                    ref long next = ref expected[rings.CurrentMap == first ? 0 : 1];
                    if (MemoryMarshal.Read<long>(record) != ++next)
                        throw new InvalidOperationException($"record {next} is missing");
                });
            }
        }

        expected.Should().Equal(Each * Rounds, Each * Rounds);
    }

    /// <summary>Sends the number of the record, kept in a map.</summary>
    private static BpfProgram CountingSender(BpfMap ring, BpfMap numbers, int offset) => TestProgram.Load(
    [
        .. LoadMapValue(R6, numbers.Handle.Descriptor, offset), LoadMemory(BpfAccessSize.DoubleWord, R1, R6, 0), AddImmediate(R1, 1), StoreMemory(BpfAccessSize.DoubleWord, R6, 0, R1),
        StoreMemory(BpfAccessSize.DoubleWord, R10, -8, R1), .. LoadMapFd(R1, ring.Handle.Descriptor), Mov(R2, R10), AddImmediate(R2, -8), MovImmediate(R3, 8), MovImmediate(R4, 0),
        Call(BpfHelper.RingbufOutput), Exit(),
    ]);

    [Theory]
    [InlineData(BpfHelper.RingbufOutput)]
    [InlineData(BpfHelper.PerfEventOutput)]
    public void Records_that_come_as_fast_as_they_are_read_do_not_keep_the_reader_for_ever(BpfHelper helper)
    {
        using BpfMap map = helper == BpfHelper.RingbufOutput ? Ring() : BpfMap.Create(new BpfMapSpec("test")
        {
            Type = BpfMapType.PerfEventArray, KeySize = 4, ValueSize = 4, MaxEntries = (uint)KernelCpus.PossibleCount,
        });
        using BpfProgram sender = Sender(map, helper);
        using BpfEventBuffer buffer = helper == BpfHelper.RingbufOutput ? new BpfRingBuffer(map) : new BpfPerfBuffer(map, 1);
        Send(sender, 3);
        int handed = 0;
        while (handed < 3)
            handed += buffer.Consume(_ => Send(sender, 1)); // each record has one more follow it
        handed.Should().BeLessThanOrEqualTo(2 * 3 * KernelCpus.PossibleCount, "a call ends with what was there at its beginning");
        buffer.Consume(_ => { }).Should().BePositive("the others are left for the next");
    }

    [Fact]
    public void A_record_whose_handler_throws_counts_as_consumed()
    {
        using BpfMap map = Ring();
        using BpfProgram sender = Sender(map, BpfHelper.RingbufOutput);
        using BpfRingBuffer ring = new(map);
        Send(sender, 2);
        ring.Invoking(r => r.Consume(_ => throw new InvalidOperationException())).Should().Throw<InvalidOperationException>();
        ring.Consume(_ => { }).Should().Be(1);
    }

    [Fact]
    public async Task Waiting_ends_by_time_by_record_and_by_cancellation()
    {
        using BpfMap map = Ring();
        using BpfProgram sender = Sender(map, BpfHelper.RingbufOutput);
        using BpfRingBuffer ring = new(map);
        ring.Poll(_ => { }, TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken).Should().Be(0);

        Task sending = Task.Run(() => Send(sender, 1), TestContext.Current.CancellationToken);
        ring.Poll(_ => { }, Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken).Should().Be(1);
        await sending;

        using CancellationTokenSource source = new();
        Task waiting = Task.Run(() => ring.Poll(_ => { }, Timeout.InfiniteTimeSpan, source.Token), TestContext.Current.CancellationToken);
        await source.CancelAsync();
        await FluentActions.Awaiting(() => waiting).Should().ThrowAsync<OperationCanceledException>();
        ring.Poll(_ => { }, TimeSpan.Zero, TestContext.Current.CancellationToken).Should().Be(0, "the cancellation is forgotten");
    }

    [Fact]
    public async Task Records_are_enumerated_as_they_come()
    {
        using BpfMap map = Ring();
        using BpfProgram sender = Sender(map, BpfHelper.RingbufOutput);
        using BpfRingBuffer ring = new(map);
        Send(sender, 1);
        int seen = 0;
        await foreach ((long first, long second) in ring.ReadAllAsync<Pair>(TestContext.Current.CancellationToken))
        {
            (first, second).Should().Be((7, 8));
            if (++seen == 3)
                break;
            _ = Task.Run(() => Send(sender, 1), TestContext.Current.CancellationToken);
        }
        seen.Should().Be(3);

        ring.Dispose();
        ring.Invoking(r => r.Consume(_ => { })).Should().Throw<ObjectDisposedException>();
        await foreach (Pair _ in ring.ReadAllAsync<Pair>(TestContext.Current.CancellationToken))
            Assert.Fail("the buffer is disposed");
    }

    [Fact]
    public void Several_rings_have_one_reader_and_each_gets_its_turn()
    {
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfMap first = Ring())
        using (BpfMap second = Ring())
        using (BpfProgram toFirst = Sender(first, BpfHelper.RingbufOutput))
        using (BpfProgram toSecond = Sender(second, BpfHelper.RingbufOutput))
        using (BpfRingBuffer rings = new([first, second]))
        {
            rings.CurrentMap.Should().BeNull();
            Send(toSecond, 2);
            rings.AvailableBytes.Should().Be(2 * 24);
            Sources(rings).Should().Equal(second, second);
            Send(toFirst, 1);
            Send(toSecond, 1);
            Sources(rings).Should().BeEquivalentTo([first, second]);

            // A handler that makes more records than it takes would never come to the other ring.
            Send(toSecond, 1);
            Send(toFirst, 1);
            int handled = 0;
            rings.Consume(_ =>
            {
                Send(rings.CurrentMap == first ? toFirst : toSecond, 1);
                handled++;
            });
            handled.Should().Be(2);
            Sources(rings).Should().BeEquivalentTo([first, second]);

            rings.Poll(_ => { }, TimeSpan.Zero, TestContext.Current.CancellationToken).Should().Be(0);
            Send(toSecond, 1);
            rings.Poll(_ => { }, Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken).Should().Be(1, "it waits for either");
            FluentActions.Invoking(() => new BpfRingBuffer([])).Should().Throw<ArgumentException>();
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();

        static List<BpfMap?> Sources(BpfRingBuffer rings)
        {
            List<BpfMap?> sources = [];
            rings.Consume(_ => sources.Add(rings.CurrentMap));
            return sources;
        }
    }

    [Fact]
    public void Nothing_stays_open_and_a_handler_may_dispose_the_buffer()
    {
        Requires.Bpf();
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfMap map = Ring())
        using (BpfProgram sender = Sender(map, BpfHelper.RingbufOutput))
        {
            BpfRingBuffer ring = new(map);
            Send(sender, 2);
            byte[] seen = [];
            ring.Consume(record =>
            {
                ring.Dispose();
                seen = record.ToArray();
            }).Should().Be(1);
            seen.Should().NotBeEmpty("the record stays as long as the handler looks at it");

            using BpfMap array = BpfMap.Create(new BpfMapSpec("test") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
            FluentActions.Invoking(() => new BpfRingBuffer(array)).Should().Throw<ArgumentException>();
        }
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Perf_buffers_deliver_by_cpu_wrap_and_count_what_was_lost()
    {
        Requires.Bpf();
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfMap map = BpfMap.Create(new BpfMapSpec("test") {
            Type = BpfMapType.PerfEventArray, KeySize = 4, ValueSize = 4, MaxEntries = (uint)KernelCpus.PossibleCount,
        }))
        using (BpfProgram sender = Sender(map, BpfHelper.PerfEventOutput))
        using (BpfPerfBuffer buffer = new(map, pagesPerCpu: 1))
        {
            for (int round = 0; round < 20; round++)
            {
                Send(sender, 50);
                buffer.Poll(
                    record =>
                    {
                        record[..16].ToArray().Should().Equal(TestProgram.Bytes(7L, 8L));
                        buffer.CurrentCpu.Should().BeInRange(0, KernelCpus.PossibleCount - 1);
                    },
                    TimeSpan.Zero, TestContext.Current.CancellationToken).Should().Be(50);
            }

            // What a processor's buffer lost is told with its next record; the thread may have moved to another one by then.
            int sent = 0, received = 0;
            do
            {
                for (int i = 0; i < 1000; i++)
                    _ = sender.TestRun(data: new byte[64], repeat: 1);
                sent += 1000;
                received += buffer.Consume(_ => { });
                if (sent == 1000)
                    buffer.LostCount.Should().Be(0);
            }
            while (buffer.LostCount == 0 && sent < 100_000);
            buffer.LostCount.Should().BeInRange(1, (ulong)(sent - received));
        }
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    private readonly record struct Pair(long First, long Second);
}
