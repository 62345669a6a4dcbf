namespace P3Ebpf.Cli.Output;

/// <summary>Says on a terminal what takes so long, and takes the words back when it is done. Short work says nothing.</summary>
internal sealed class Progress : IDisposable
{
    private const int Patience = 700; // milliseconds

    private readonly Lock _writing = new();
    private readonly LineWriter _messages;
    private string _text;
    private readonly Timer? _timer;
    private bool _isShown;
    private bool _isDone;

    /// <summary>Starts waiting.</summary>
    /// <param name="messages">Where to say it.</param>
    /// <param name="isTerminal">Whether somebody is there to read it, and to see it go.</param>
    /// <param name="text">What is being done, without a full stop.</param>
    public Progress(LineWriter messages, bool isTerminal, string text)
    {
        _messages = messages;
        _text = $"{text}…";
        if (isTerminal)
            _timer = new Timer(_ => Show(), null, Patience, Timeout.Infinite);
    }

    /// <summary>Says how far it has come, from when it has taken so long that it is worth saying.</summary>
    /// <param name="text">What is done, without a full stop.</param>
    public void Show(string text)
    {
        lock (_writing)
        {
            _text = $"{text}…";
            if (!_isShown || _isDone)
                return;
            _messages.ErasePassing();
            _messages.WritePassing(_text);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_writing)
        {
            _isDone = true;
            if (_isShown)
                _messages.ErasePassing();
        }
    }

    private void Show()
    {
        lock (_writing)
        {
            if (_isDone)
                return;
            _messages.WritePassing(_text);
            _isShown = true;
        }
    }
}
