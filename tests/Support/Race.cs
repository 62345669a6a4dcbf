using System.Collections.Concurrent;

namespace P3Ebpf.TestSupport;

/// <summary>Threads that begin at the same moment, each with a bounded number of steps.</summary>
internal static class Race
{
    /// <summary>Runs actions, each on a thread of its own, and rethrows what any of them threw beyond what it may.</summary>
    /// <param name="mayThrow">What a step may fail with: using what another thread disposes of.</param>
    /// <param name="actions">What the threads do.</param>
    public static void Run(Func<Exception, bool> mayThrow, params Action[] actions)
    {
        using var start = new Barrier(actions.Length);
        var thrown = new ConcurrentQueue<Exception>();
        Thread[] threads = [.. actions.Select(action => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                action();
            }
#pragma warning disable CA1031 // a thread must not take the process with it; all is told below
            catch (Exception e)
            {
                if (!mayThrow(e))
                    thrown.Enqueue(e);
            }
#pragma warning restore CA1031
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (!thrown.IsEmpty)
            throw new AggregateException(thrown);
    }

    /// <summary>The same where nothing may be thrown.</summary>
    public static void Run(params Action[] actions) => Run(static _ => false, actions);

    /// <summary>An action for each of several threads.</summary>
    public static Action[] Times(int threads, Action<int> action) => [.. Enumerable.Range(0, threads).Select<int, Action>(i => () => action(i))];
}
