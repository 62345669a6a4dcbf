using System.Runtime.CompilerServices;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests.Concurrency;

/// <summary>
/// One thread ends what others use. They may be told so, and by nothing else: no other object is hit, memory that went away is not read, nothing stays
/// in the kernel. Descriptors and addresses are given out again at once, so that each of these would show.
/// </summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class DisposeRaceTests : IDisposable
{
    private const int Rounds = 60;
    private const int NoLink = 67; // ENOLINK

    private readonly string[] _before;

    public DisposeRaceTests()
    {
        Requires.Bpf();

        // The process has one, from the first wait without a thread on.
        _ = ReadinessLoop.Shared;
        _before = OpenDescriptors.OfTheKernel;
    }

    public void Dispose() => OpenDescriptors.Beyond(_before).Should().BeEmpty();

    private static bool IsEnd(Exception e) => e is ObjectDisposedException;

    private static BpfMap Array(uint entries = 1, BpfMapFlags flags = BpfMapFlags.None) =>
        BpfMap.Create(new BpfMapSpec("raced") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = entries, Flags = flags });

    [Fact]
    public void A_map_that_is_disposed_while_it_is_written_is_not_another_one()
    {
        byte[] key = new byte[4], wrong = TestProgram.Bytes(0x0BAD_0BAD_0BAD_0BADL), right = TestProgram.Bytes(1L);
        for (int round = 0; round < Rounds; round++)
        {
            using BpfMap old = Array();
            List<BpfMap> made = [];
            Race.Run(
                IsEnd,
                () => { for (int i = 0; i < 200; i++) old.Update(key, wrong); },
                () => { for (int i = 0; i < 200; i++) old.Update(key, wrong); },
                () =>
                {
                    old.Dispose();
                    // These get the descriptor's number.
                    for (int i = 0; i < 4; i++)
                    {
                        made.Add(Array());
                        made[i].Update(key, right);
                    }
                });
            try
            {
                foreach (BpfMap map in made)
                    map.Lookup(key).Should().Equal(right);
            }
            finally
            {
                made.ForEach(map => map.Dispose());
            }
        }
    }

    [Fact]
    public void A_variable_that_is_disposed_while_it_is_read_and_written_takes_its_memory_along_afterwards()
    {
        Requires.Kernel("5.5", "arrays that can be mapped into memory");
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Programs["sum_numbers"].IsAutoLoaded = false;
        for (int round = 0; round < Rounds / 3; round++)
        {
            using BpfObject loaded = spec.Load();
            BpfVariable counter = loaded.Variables["counter"];
            Race.Run(
                IsEnd,
                () => { for (int i = 0; i < 2000; i++) counter.Set((ulong)i); },
                () => { for (int i = 0; i < 2000; i++) _ = counter.Get<ulong>(); },
                () => { for (int i = 0; i < 2000; i++) _ = counter.GetBytes(); },
                loaded.Dispose);
            counter.Invoking(variable => variable.Get<ulong>()).Should().Throw<ObjectDisposedException>();
        }
    }

    [Fact]
    public void A_variable_that_many_threads_meet_first_is_mapped_once()
    {
        Requires.Kernel("5.5", "arrays that can be mapped into memory");
        BpfObjectSpec spec = ObjectFile.Read("globals");
        spec.Programs["sum_numbers"].IsAutoLoaded = false;
        using BpfObject loaded = spec.Load();
        int before = Mappings();

        Race.Run(Race.Times(8, _ => loaded.Variables["counter"].Get<ulong>().Should().Be(40)));

        Mappings().Should().Be(before + 1);
    }

    [Fact]
    public void A_ring_buffer_may_be_asked_waited_for_cancelled_and_disposed_at_once()
    {
        Requires.Map(BpfMapType.Ringbuf);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
        using BpfProgram sender = TestProgram.Load(
        [
            StoreImmediate(BpfAccessSize.DoubleWord, R10, -8, 7), .. LoadMapFd(R1, map.Handle.Descriptor), Mov(R2, R10), AddImmediate(R2, -8),
            MovImmediate(R3, 8), MovImmediate(R4, 0), Call(BpfHelper.RingbufOutput), Exit(),
        ]);
        for (int round = 0; round < Rounds; round++)
        {
            using var source = new CancellationTokenSource();
            var ring = new BpfRingBuffer(map);
            Race.Run(
                e => IsEnd(e) || (e is OperationCanceledException && source.IsCancellationRequested),
                () => { for (int i = 0; i < 1000; i++) _ = ring.AvailableBytes; },
                () => { for (int i = 0; i < 50; i++) _ = ring.Poll(record => record.Length.Should().Be(8), Timeout.InfiniteTimeSpan, source.Token); },
                () => ReadAll(ring, source.Token),
                () => { for (int i = 0; i < 20; i++) _ = sender.TestRun(data: new byte[64], repeat: 1); },
                source.Cancel,
                ring.Dispose);
            ring.Dispose();
            ring.Invoking(each => each.AvailableBytes).Should().Throw<ObjectDisposedException>();
            ring.Invoking(each => each.Consume(_ => { })).Should().Throw<ObjectDisposedException>();
            using var drain = new BpfRingBuffer(map);
            _ = drain.Consume(_ => { });
        }
    }

    [Fact]
    public void An_enumeration_of_records_ends_when_the_buffer_is_disposed()
    {
        Requires.Map(BpfMapType.Ringbuf);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
        for (int round = 0; round < Rounds; round++)
        {
            var ring = new BpfRingBuffer(map);
            Race.Run(() => ReadAll(ring, CancellationToken.None), () => ReadAll(ring, CancellationToken.None), ring.Dispose);
        }
    }

    [Fact]
    public void What_is_attached_to_an_object_while_it_is_disposed_is_detached()
    {
        Requires.Tracepoints();
        Requires.Kernel("5.15", "links of tracepoints");
        BpfObjectSpec spec = ObjectFile.Read("sched_lottery");
        for (int round = 0; round < Rounds / 6; round++)
        {
            BpfObject loaded = spec.Load();
            uint program = loaded.Programs[0].GetInfo().Id;
            Race.Run(
                // The kernel lets a program be attached to a tracepoint once.
                e => IsEnd(e) || e is BpfException { Error: Errno.EEXIST },
                () => { for (int i = 0; i < 4; i++) loaded.Attach(); },
                () => { for (int i = 0; i < 4; i++) _ = loaded.Attach(loaded.Programs[0]); },
                () => { for (int i = 0; i < 100; i++) _ = loaded.Links.Count(link => link.Program is not null); },
                loaded.Dispose);
            loaded.Dispose();
            loaded.Invoking(each => each.Attach()).Should().Throw<ObjectDisposedException>();
            BpfLink.List().Should().NotContain(link => link.ProgramId == program);
        }
    }

    [Fact]
    public void Links_may_be_detached_updated_described_and_disposed_at_once()
    {
        Requires.Kernel("5.7", "links that can be detached");
        using var group = new PrivateCgroup();
        using BpfProgram one = Socket(), other = Socket();
        for (int round = 0; round < Rounds; round++)
        {
            CgroupLink link = CgroupLink.Attach(one, group.Root);
            Race.Run(
                // Detached, the link has neither a program to replace nor a group to leave.
                e => IsEnd(e) || e is BpfException { Error: NoLink or Errno.EINVAL or Errno.ENOENT },
                () => { for (int i = 0; i < 20; i++) link.Update(other); },
                () => { for (int i = 0; i < 20; i++) _ = link.GetInfo().Id; },
                link.Detach,
                link.Dispose,
                link.Dispose);
            CgroupLink.Query(group.Root, BpfAttachType.CgroupInetSockCreate).ProgramIds.Should().BeEmpty();
        }

        for (int round = 0; round < Rounds; round++)
        {
            CgroupLink without = CgroupLink.AttachWithoutLink(one, group.Root);
            Race.Run(without.Dispose, without.Dispose, without.Dispose);
            CgroupLink.Query(group.Root, BpfAttachType.CgroupInetSockCreate).ProgramIds.Should().BeEmpty();
        }

        static BpfProgram Socket() => BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.CgroupSock, License = "GPL", ExpectedAttachType = BpfAttachType.CgroupInetSockCreate },
            [MovImmediate(R0, 1), Exit()]);
    }

    [Fact]
    public void Memory_that_two_threads_give_back_is_given_back_once()
    {
        Requires.Kernel("5.5", "arrays that can be mapped into memory");
        for (int round = 0; round < Rounds; round++)
        {
            using BpfMap map = Array(512, BpfMapFlags.Mmapable);
            BpfMapMemory memory = map.MapMemory();
            BpfMapMemory? next = null;
            Race.Run(memory.Dispose, memory.Dispose, () => next = map.MapMemory());
            using (next)
                next!.At<long>(0)++; // would end the process if the second had taken this one's pages
            memory.Invoking(each => each.At<long>(0)).Should().Throw<ObjectDisposedException>();
        }
    }

    [Fact]
    public void What_nobody_disposes_of_the_collector_gives_back()
    {
        Requires.Map(BpfMapType.Ringbuf);
        int mappings = Mappings();
        using BpfMap ring = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
        Race.Run(Race.Times(4, _ =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                Forget(ring);
                if (i % 20 == 0)
                    GC.Collect();
            }
        }));
        for (int i = 0; i < 4; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Mappings().Should().Be(mappings);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(BpfMap ring)
        {
            BpfMap map = Array();
            _ = new BpfRingBuffer(ring).AvailableBytes + map.Handle.Descriptor;
        }
    }

    [Fact]
    public void What_is_disposed_says_so()
    {
        BpfMap map = Array();
        BpfProgram program = TestProgram.Load(TestProgram.ReturnZero);
        BpfHandle handle = map.Handle.Duplicate();
        foreach (IDisposable each in (IDisposable[])[map, program, handle])
        {
            each.Dispose();
            each.Dispose();
        }

        map.Invoking(each => each.Lookup(new byte[4])).Should().Throw<ObjectDisposedException>();
        map.Invoking(each => each.GetInfo()).Should().Throw<ObjectDisposedException>();
        map.Invoking(each => each.Entries().MoveNext()).Should().Throw<ObjectDisposedException>();
        program.Invoking(each => each.TestRun(data: new byte[64], repeat: 1)).Should().Throw<ObjectDisposedException>();
        program.Invoking(each => each.Attach(BpfAttachOptions.None)).Should().Throw<Exception>();
        handle.Invoking(each => each.Duplicate()).Should().Throw<ObjectDisposedException>();
    }

    private static void ReadAll(BpfRingBuffer ring, CancellationToken cancellationToken)
    {
        Task reading = Task.Run(
            async () =>
            {
                await foreach (long number in ring.ReadAllAsync<long>(cancellationToken))
                    number.Should().Be(7);
            },
            CancellationToken.None);
        reading.GetAwaiter().GetResult();
    }

    private static int Mappings() => File.ReadLines("/proc/self/maps").Count(line => line.Contains("anon_inode:", StringComparison.Ordinal));
}
