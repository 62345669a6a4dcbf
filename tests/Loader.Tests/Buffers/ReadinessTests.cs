using System.Diagnostics;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class ReadinessTests
{
    [Fact]
    public async Task Readers_that_wait_share_one_thread()
    {
        const int Readers = 64;
        Requires.Map(BpfMapType.Ringbuf);
        using var stop = new CancellationTokenSource();
        var buffers = new List<BpfRingBuffer>();
        try
        {
            for (int i = 0; i < Readers; i++)
            {
                using BpfMap map = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
                buffers.Add(new BpfRingBuffer(map));
            }

            int before = Process.GetCurrentProcess().Threads.Count;
            Task[] readers = [.. buffers.Select(async buffer =>
            {
                await foreach (long _ in buffer.ReadAllAsync<long>(stop.Token))
                {
                }
            })];
            Process.GetCurrentProcess().Threads.Count.Should().BeLessThan(before + (Readers / 2), "each held a thread before");
            await stop.CancelAsync();
            foreach (Task reader in readers)
                await reader.Invoking(r => r).Should().ThrowAsync<OperationCanceledException>();
        }
        finally
        {
            foreach (BpfRingBuffer buffer in buffers)
                buffer.Dispose();
        }
    }

    [Fact]
    public async Task Disposing_a_buffer_ends_the_wait_of_its_reader()
    {
        Requires.Map(BpfMapType.Ringbuf);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
        var buffer = new BpfRingBuffer(map);
        Task<int> reader = Count();
        buffer.Dispose();
        try
        {
            (await reader.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).Should().Be(0);
        }
        catch (ObjectDisposedException)
        {
            // It may be told so in the middle of looking.
        }

        async Task<int> Count()
        {
            int count = 0;
            await foreach (long _ in buffer.ReadAllAsync<long>(CancellationToken.None))
                count++;
            return count;
        }
    }

    [Fact]
    public async Task A_wait_that_could_not_be_arranged_is_told_each_time()
    {
        Requires.Map(BpfMapType.Ringbuf);
        using BpfMap map = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
        using var ring = new BpfRingBuffer(map);
        await using IAsyncEnumerator<long> first = ring.ReadAllAsync<long>(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await using IAsyncEnumerator<long> second = ring.ReadAllAsync<long>(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Task<bool> waiting, again;
        using (SystemCallFault.Plant(call => call.Name == "epoll_ctl" ? Errno.ENOMEM : 0))
        {
            waiting = first.MoveNextAsync().AsTask();
            again = second.MoveNextAsync().AsTask();
        }

        await waiting.Invoking(task => task).Should().ThrowAsync<BpfException>();
        await again.Invoking(task => task).Should().ThrowAsync<BpfException>("it must not wait for what never comes");
    }
}
