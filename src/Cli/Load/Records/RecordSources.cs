namespace P3Ebpf.Cli.Load.Records;

/// <summary>Everything of a loaded object that yields records while it runs: ring and perf buffers, iterators, and what programs print to trace_pipe.</summary>
internal sealed class RecordSources : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly List<Source> _sources = [];
    private readonly List<(string Program, IterLink Link)> _iterators = [];

    private RecordSources()
    {
    }

    /// <summary>Whether there is anything to print.</summary>
    public bool Any => _sources.Count > 0 || _iterators.Count > 0;

    /// <summary>Whether more may come, so that it is worth to wait.</summary>
    public bool AreEndless => _sources.Count > 0;

    /// <summary>Opens the buffers of an object, so that nothing is lost that its programs send once they are attached.</summary>
    public static RecordSources Open(BpfObject contents, bool attach)
    {
        var sources = new RecordSources();
        if (!attach)
            return sources;
        try
        {
            HashSet<uint> used = [.. contents.Programs.SelectMany(program => program.GetInfo().MapIds)];
            foreach (BpfMap map in contents.Maps.Where(map => map.Type is BpfMapType.Ringbuf or BpfMapType.PerfEventArray && used.Contains(map.GetInfo().Id)))
            {
                if (map.Type == BpfMapType.Ringbuf)
                    sources._sources.Add(new BufferSource(map, new BpfRingBuffer(map), new RecordDecoder(contents.Spec, map)));
                else if (map.Type == BpfMapType.PerfEventArray && Calls(contents, BpfHelper.PerfEventOutput, BpfHelper.SkbOutput, BpfHelper.XdpOutput))
                    sources._sources.Add(new BufferSource(map, new BpfPerfBuffer(map), new RecordDecoder(contents.Spec, map)));
            }

            if (Calls(contents, BpfHelper.TracePrintk, BpfHelper.TraceVprintk))
                sources._sources.Add(new TraceSource(BpfTracePipe.Open()));
            return sources;
        }
        catch
        {
            sources.Dispose();
            throw;
        }
    }

    /// <summary>Takes up the iterators among what has been attached meanwhile.</summary>
    public void AddIterators(BpfObject contents) => _iterators.AddRange(contents.Links.OfType<IterLink>().Select(link => (link.Program!.Name, link)));

    /// <summary>Walks the iterators once, then prints what comes until told to stop.</summary>
    /// <param name="writer">Where records go.</param>
    /// <param name="duration">How long; until interrupted if null.</param>
    /// <param name="interrupted">Ends it.</param>
    public void Run(RecordWriter writer, TimeSpan? duration, CancellationToken interrupted)
    {
        foreach ((string program, IterLink link) in _iterators)
        {
            using var text = new StreamReader(link.Open());
            while (!interrupted.IsCancellationRequested && text.ReadLine() is { } line)
                writer.Write(program, "iterator", line);
        }

        writer.Flush();
        if (!AreEndless && duration is null)
            return;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        if (duration is { } limit)
            end.CancelAfter(limit);
        var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        Thread[] threads = [.. _sources.Select(source => new Thread(() => Follow(source, writer, end, failures)) { IsBackground = true, Name = source.Name })];
        foreach (Thread thread in threads)
            thread.Start();
        _ = end.Token.WaitHandle.WaitOne();
        foreach (Thread thread in threads)
            thread.Join();
        writer.Flush();
        if (failures.TryDequeue(out Exception? failure))
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Source source in _sources)
            source.Dispose();
    }

    private static void Follow(Source source, RecordWriter writer, CancellationTokenSource end, System.Collections.Concurrent.ConcurrentQueue<Exception> failures)
    {
        try
        {
            while (!end.IsCancellationRequested)
            {
                if (source.Poll(writer, Patience, end.Token) > 0)
                    writer.Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // What came until now is printed below.
        }
#pragma warning disable CA1031 // told by the thread that waits
        catch (Exception e)
#pragma warning restore CA1031
        {
            failures.Enqueue(e);
            end.Cancel();
            return;
        }

        _ = source.Poll(writer, TimeSpan.Zero, CancellationToken.None);
    }

    /// <summary>Whether a program that was loaded calls one of some helpers, or a function that it may call does.</summary>
    private static bool Calls(BpfObject contents, params ReadOnlySpan<BpfHelper> helpers)
    {
        foreach (BpfFunction function in contents.Spec.Functions.Where(function => function.IsSubprogram || contents.Programs.Any(program => program.Spec?.Function == function)))
        {
            foreach (BpfInstruction instruction in function.Instructions.Span)
            {
                if (instruction is { IsCall: true, CallKind: BpfCallKind.Helper } && helpers.Contains((BpfHelper)instruction.Immediate))
                    return true;
            }
        }

        return false;
    }

    private abstract class Source(string name) : IDisposable
    {
        public string Name => name;

        public abstract int Poll(RecordWriter writer, TimeSpan timeout, CancellationToken cancellationToken);

        public abstract void Dispose();
    }

    private sealed class BufferSource(BpfMap map, BpfEventBuffer buffer, RecordDecoder decoder) : Source(map.Name)
    {
        private ulong _lost;
        private bool _hasExplained;

        public override int Poll(RecordWriter writer, TimeSpan timeout, CancellationToken cancellationToken)
        {
            var perf = buffer as BpfPerfBuffer;
            string kind = perf is null ? "ring_buffer" : "perf_buffer";
            int count = buffer.Poll(
                record =>
                {
                    Explain(writer, record.Length);
                    writer.Write(Name, kind, perf?.CurrentCpu, decoder, record);
                },
                timeout, cancellationToken);
            if (perf is not null && perf.LostCount > _lost)
            {
                writer.Note($"warning: {Name}: {perf.LostCount - _lost} records were lost, as they came faster than they were read");
                _lost = perf.LostCount;
            }

            return count;
        }

        public override void Dispose() => buffer.Dispose();

        /// <summary>Says once why bytes are shown.</summary>
        private void Explain(RecordWriter writer, int length)
        {
            if (_hasExplained || decoder.TypeOf(length) is not null)
                return;
            _hasExplained = true;
            writer.Note($"note: records of {Name} are shown as bytes: {decoder.WhyUnknown(length)}");
        }
    }

    private sealed class TraceSource(BpfTracePipe pipe) : Source("trace_pipe")
    {
        public override int Poll(RecordWriter writer, TimeSpan timeout, CancellationToken cancellationToken) =>
            pipe.Poll(line => writer.Write(Name, Name, line.Message, line.Context), timeout, cancellationToken);

        public override void Dispose() => pipe.Dispose();
    }
}
