using System.Collections.Concurrent;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary>The captured BTF as files, for the tests of one class; and a directory for what they write.</summary>
public sealed class CapturedBtfFiles : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<string>> _files = new();

    /// <summary>A directory of the class's own.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("p3ebpf-cli-test").FullName;

    /// <summary>The path of a captured BTF, uncompressed.</summary>
    public string this[string name] => _files.GetOrAdd(name, _ => new Lazy<string>(() => Write(name + ".btf", TestData.Btf(name)))).Value;

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Root, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>A new, empty directory for a test that looks at what is left in it.</summary>
    public string NewDirectory() => Directory.CreateDirectory(Path.Combine(Root, Path.GetRandomFileName())).FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
