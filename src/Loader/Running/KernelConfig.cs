namespace P3Ebpf.Loader.Running;

/// <summary>The kernel's build configuration: <c>CONFIG_X</c> and its value, <c>y</c>, <c>m</c>, a number or a quoted text.</summary>
public sealed class KernelConfig
{
    private const string Prefix = "CONFIG_";

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads configuration text; the first value given to a name counts.</summary>
    public KernelConfig(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        while (text.ReadLine() is { } line)
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line.StartsWith(Prefix, StringComparison.Ordinal))
                _ = _values.TryAdd(line[..equals], line[(equals + 1)..].Trim());
        }
    }

    /// <summary>The value of a name, or <see langword="null"/> where it is not set.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);
}
