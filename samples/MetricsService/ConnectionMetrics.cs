using System.Diagnostics.Metrics;

namespace MetricsService;

/// <summary>Keeps the program in the kernel while the service runs, and tells its counts as metrics: they are read when somebody asks.</summary>
internal sealed class ConnectionMetrics : IHostedService, IDisposable
{
    public const string MeterName = "MetricsService.Connections";

    private readonly Network _network = Network.Open();

    #region metrics
    public ConnectionMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(MeterName);
        meter.CreateObservableCounter("tcp.connections.opened", () => Measure(counts => counts.Opened), "{connection}", "TCP connections made, by local port.");
        meter.CreateObservableCounter("tcp.connections.closed", () => Measure(counts => counts.Closed), "{connection}", "TCP connections ended, by local port.");
    }

    private IEnumerable<Measurement<long>> Measure(Func<Network.Connections, ulong> count) =>
        _network.ByPort.Select(entry => new Measurement<long>((long)count(entry.Value), new KeyValuePair<string, object?>("port", entry.Key)));
    #endregion

    public IEnumerable<KeyValuePair<ushort, Network.Connections>> Busiest => _network.ByPort.OrderByDescending(entry => entry.Value.Opened).Take(20);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _network.Load();
        _network.Attach();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _network.Dispose();
}
