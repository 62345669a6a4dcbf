using System.Reflection;
using System.Runtime.Loader;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace P3Ebpf.MutationScore;

/// <summary>
/// The libraries and their tests, loaded afresh, so that nothing that one mutant left in a static variable is seen by the next. What is not the project's own
/// is shared, and compiled by the JIT only once.
/// </summary>
internal sealed class Universe : IDisposable
{
    private readonly AssemblyLoadContext _context = new("universe", isCollectible: true);
    private readonly Dictionary<string, ITestCase[]> _testsOfClass = [];
    private readonly Assembly[] _tests;
    private readonly Type _switch;

    /// <param name="mutated">The assembly with the mutants.</param>
    /// <param name="tests">The test assemblies, each in its build's output directory.</param>
    public Universe(string mutated, string[] tests)
    {
        _context.Resolving += (context, name) => IsOwn(name) ? context.LoadFromAssemblyPath(Find(name.Name!, tests)) : null;
        _switch = _context.LoadFromAssemblyPath(mutated).GetType("P3Ebpf.MutationScore.Switch", throwOnError: true)!;
        _tests = [.. tests.Select(_context.LoadFromAssemblyPath)];
    }

    private int Active
    {
        set => _switch.GetField("Active")!.SetValue(null, value);
    }

    public bool[] Reached
    {
        get => (bool[])_switch.GetField("Reached")!.GetValue(null)!;
        set => _switch.GetField("Reached")!.SetValue(null, value);
    }

    /// <summary>Shares what the tests use besides the project's own, from beside them.</summary>
    public static void ShareTheRest(string[] tests)
    {
        AssemblyLoadContext.Default.Resolving += (context, name) => !IsOwn(name) && Find(name.Name!, tests) is { } path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        TestContext.SetForInitialization(null, false, false);
    }

    /// <summary>All tests, those left out that need the running kernel or take long.</summary>
    public IEnumerable<TestId> Tests() => _tests.SelectMany((assembly, index) => Discover(assembly, null)
        .Where(test => !Has(test, "Needs", "Kernel") && !Has(test, "Takes", "Long"))
        .Select(test => new TestId(index, test.TestClassName!, test.UniqueID, test.TestCaseDisplayName)));

    /// <param name="test">The test.</param>
    /// <param name="mutant">The mutant that lives while it runs, not while its data are listed.</param>
    /// <returns>What a test that failed said; <see langword="null"/> when it passed.</returns>
    public string? Run(TestId test, int mutant)
    {
        Active = mutant < 0 ? mutant : 0;
        Assembly assembly = _tests[test.Assembly];
        if (!_testsOfClass.TryGetValue(test.Class, out ITestCase[]? cases))
            _testsOfClass[test.Class] = cases = Discover(assembly, [assembly.GetType(test.Class, throwOnError: true)!]);
        var listener = new Listener();
        Active = mutant;
        ITestFrameworkExecutor executor = new XunitTestFramework().GetExecutor(assembly);
        executor.RunTestCases([cases.First(found => found.UniqueID == test.Id)], listener, Options.ForExecution(), null).AsTask().GetAwaiter().GetResult();
        return listener.Failure;
    }

    public void Dispose() => _context.Unload();

    private static bool IsOwn(AssemblyName name) => name.Name!.StartsWith("P3Ebpf.", StringComparison.Ordinal);

    private static string Find(string name, string[] tests)
    {
        IEnumerable<string> paths = tests.Select(test => Path.Combine(Path.GetDirectoryName(test)!, name + ".dll"));
        return paths.FirstOrDefault(File.Exists) ?? paths.First();
    }

    private static ITestCase[] Discover(Assembly assembly, Type[]? classes)
    {
        List<ITestCase> found = [];
        ITestFrameworkDiscoverer discoverer = new XunitTestFramework().GetDiscoverer(assembly);
        discoverer.Find(
            test =>
            {
                found.Add(test);
                return new(true);
            },
            Options.ForDiscovery(),
            classes,
            null).AsTask().GetAwaiter().GetResult();
        return [.. found];
    }

    private static bool Has(ITestCase test, string trait, string value) => test.Traits.TryGetValue(trait, out IReadOnlyCollection<string>? values) && values.Contains(value);

    private sealed class Listener : IMessageSink
    {
        public string? Failure { get; private set; }

        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestFailed failed)
                Failure ??= failed.Messages.FirstOrDefault() ?? "failed";
            else if (message is IErrorMetadata error)
                Failure ??= error.Messages.FirstOrDefault() ?? "failed";
            return true;
        }
    }

    private sealed class Options : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> _values = [];

        public static Options ForDiscovery() => new Options().With(TestOptionsNames.Discovery.PreEnumerateTheories, true).With(TestOptionsNames.Discovery.SynchronousMessageReporting, true);

        public static Options ForExecution() =>
            new Options().With(TestOptionsNames.Execution.SynchronousMessageReporting, true).With(TestOptionsNames.Execution.DisableParallelization, true);

        public TValue? GetValue<TValue>(string name) => _values.TryGetValue(name, out object? value) ? (TValue?)value : default;

        public void SetValue<TValue>(string name, TValue value) => _values[name] = value;

        public string ToJson() => "{}";

        private Options With(string name, bool value)
        {
            SetValue<bool?>(name, value);
            return this;
        }
    }
}

/// <summary>A test, across universes.</summary>
/// <param name="Assembly">The number of its assembly.</param>
/// <param name="Class">The full name of its class.</param>
/// <param name="Id">xunit's.</param>
/// <param name="Name">For people.</param>
internal sealed record TestId(int Assembly, string Class, string Id, string Name);
