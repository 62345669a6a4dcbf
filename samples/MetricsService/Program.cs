// A service with a BPF program in it: ASP.NET Core hosts it, System.Diagnostics.Metrics measures by it, OpenTelemetry exports what it measures.
//
//   sudo dotnet run -- --urls http://localhost:5080 [--seconds 10]
//   curl http://localhost:5080/metrics          for Prometheus
//   curl http://localhost:5080/connections      as JSON
using MetricsService;
using OpenTelemetry.Metrics;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<ConnectionMetrics>();
builder.Services.AddHostedService(services => services.GetRequiredService<ConnectionMetrics>());
builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(ConnectionMetrics.MeterName).AddPrometheusExporter());

WebApplication app = builder.Build();
app.MapPrometheusScrapingEndpoint();
app.MapGet("/connections", (ConnectionMetrics metrics) => metrics.Busiest.Select(entry => new { port = entry.Key, opened = entry.Value.Opened, closed = entry.Value.Closed }));

if (app.Configuration.GetValue<int?>("seconds") is { } seconds)
    _ = Task.Delay(TimeSpan.FromSeconds(seconds)).ContinueWith(_ => app.Lifetime.StopApplication());
app.Run();
