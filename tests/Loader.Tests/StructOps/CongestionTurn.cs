namespace P3Ebpf.Loader.Tests;

/// <summary>
/// The names of congestion controls are those of the whole machine: classes that register any, of this run of the tests and of others, have turns.
/// </summary>
public sealed class CongestionTurn : IAsyncLifetime
{
    private FileStream? _turn;

    public async ValueTask InitializeAsync()
    {
        string path = Path.Combine(Path.GetTempPath(), "p3ebpf-tests-congestion.lock");
        while (_turn is null)
        {
            try
            {
                _turn = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    public ValueTask DisposeAsync() => _turn?.DisposeAsync() ?? ValueTask.CompletedTask;
}
