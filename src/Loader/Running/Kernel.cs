using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;

namespace P3Ebpf.Loader.Running;

/// <summary>
/// What a kernel has: its types and those of its modules, its configuration, symbols, version and features. Each is read once, when it is first
/// needed; a failure is not remembered. Loading, attaching and diagnosis share one.
/// </summary>
/// <remarks>Safe for several threads at once.</remarks>
public sealed class Kernel
{
    /// <summary>Where a kernel shows its own types.</summary>
    public const string BtfPath = BtfDirectory + "/" + Vmlinux;

    /// <summary>Where a kernel shows its own types and those of its modules.</summary>
    internal const string BtfDirectory = "/sys/kernel/btf";

    private const string Vmlinux = "vmlinux";

    private const int MaximumMisspelling = 12;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, KernelModule> _modules = new(StringComparer.Ordinal);
    private BtfSpec? _types;
    private CoreTarget? _target;
    private KernelConfig? _configuration;
    private bool? _hasSystemCallWrappers;

    /// <summary>Describes a kernel by the files that it shows.</summary>
    /// <param name="root">The directory that stands for the root of its machine; <c>/</c> for this one.</param>
    public Kernel(string root = "/")
        : this(new FileTree(root))
    {
    }

    internal Kernel(FileTree files)
    {
        Files = files;
        Release = files.ReadText("/proc/sys/kernel/osrelease")?.Trim() ?? string.Empty;
        Version = KernelVersion.Determine(path => files.ReadText(path)?.Trim() ?? string.Empty);
    }

    /// <summary>The kernel that this process runs on.</summary>
    public static Kernel Running { get; } = new();

    /// <summary>The release as <c>uname -r</c> prints it; empty where it is not known.</summary>
    public string Release { get; }

    /// <summary>The version that the kernel means by LINUX_VERSION_CODE.</summary>
    public Version Version { get; }

    /// <summary>The kernel's types.</summary>
    /// <exception cref="BpfException">The kernel has no BTF.</exception>
    /// <exception cref="BtfFormatException">It is malformed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public BtfSpec Types
    {
        get
        {
            lock (_gate)
                return _types ??= ReadTypes();
        }
    }

    /// <summary>What to relocate against: the kernel's types and, for a type that it lacks, those of its modules.</summary>
    /// <exception cref="BpfException">The kernel has no BTF.</exception>
    /// <exception cref="BtfFormatException">It is malformed.</exception>
    public CoreTarget CoreTarget
    {
        get
        {
            BtfSpec types = Types;
            lock (_gate)
                return _target ??= CoreTarget.Kernel(types, () => Modules.Select(module => new CoreModule(module.Name, module.ReadTypes)));
        }
    }

    /// <summary>The modules that are loaded and have types of their own, by name.</summary>
    public IReadOnlyList<KernelModule> Modules
    {
        get
        {
            string[] names = [.. Files.List(BtfDirectory).Where(name => name != Vmlinux)];
            lock (_gate)
                return [.. names.Select(ModuleOf)];
        }
    }

    /// <summary>The build configuration, from <c>/boot/config-RELEASE</c> or <c>/proc/config.gz</c>; <see langword="null"/> where neither is.</summary>
    public KernelConfig? Configuration
    {
        get
        {
            lock (_gate)
                return _configuration ??= ReadConfiguration();
        }
    }

    /// <summary>
    /// Whether the functions behind system calls take a register set (<c>__x64_sys_bpf</c>) and not the arguments (<c>__se_sys_bpf</c>), as on
    /// most architectures since Linux 4.17.
    /// </summary>
    public bool HasSystemCallWrappers => _hasSystemCallWrappers ??= FindSymbols(new HashSet<string> { KernelSymbols.WrapperOf("bpf") }).Count > 0;

    internal FileTree Files { get; }

    /// <summary>Files that may hold the kernel's types, best first (libbpf's list).</summary>
    internal IReadOnlyList<string> BtfCandidates =>
    [
        BtfPath,
        $"/boot/vmlinux-{Release}",
        $"/lib/modules/{Release}/vmlinux-{Release}",
        $"/lib/modules/{Release}/build/vmlinux",
        $"/usr/lib/modules/{Release}/kernel/vmlinux",
        $"/usr/lib/debug/boot/vmlinux-{Release}",
        $"/usr/lib/debug/boot/vmlinux-{Release}.debug",
        $"/usr/lib/debug/lib/modules/{Release}/vmlinux",
    ];

    /// <summary>Finds a type of the kernel or of a module.</summary>
    /// <param name="name">The type's name.</param>
    /// <param name="kind">The type's kind.</param>
    /// <param name="found">The type, and the module that has it.</param>
    /// <param name="onlyIn">The one module to look in, <c>vmlinux</c> for the kernel itself; <see langword="null"/> for all.</param>
    /// <exception cref="BpfException">The kernel has no BTF.</exception>
    public bool TryFindType(string name, BtfKind kind, out KernelType found, string? onlyIn = null)
    {
        if (onlyIn is null or Vmlinux && Types.TryFind(name, kind, out BtfType type))
        {
            found = new KernelType(type, Module: null);
            return true;
        }

        foreach (KernelModule module in onlyIn is Vmlinux ? [] : Modules)
        {
            // A malformed module cannot be what is looked for.
            if ((onlyIn is null || module.Name == onlyIn) && module.TryReadTypes(out BtfSpec? types) && types.TryFind(name, kind, out type) && type.Id >= types.FirstId)
            {
                found = new KernelType(type, module);
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>The names of types of a kind, the kernel's own and its modules', that are most like a name that is not there, best first.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="onlyIn">The one module to look in, as in <see cref="TryFindType"/>.</param>
    internal string[] NamesLike(string name, BtfKind kind, string? onlyIn = null)
    {
        var names = new List<string>();
        if (onlyIn is null or Vmlinux)
            Collect(Types);
        foreach (KernelModule module in onlyIn is Vmlinux ? [] : Modules)
        {
            if ((onlyIn is null || module.Name == onlyIn) && module.TryReadTypes(out BtfSpec? types))
                Collect(types);
        }

        return NearNames.Of(name, names);

        void Collect(BtfSpec types)
        {
            foreach (BtfType type in types.OwnTypes)
            {
                // A name of a quite different length is none that was misspelt.
                if (type.Kind == kind && Math.Abs(type.Name.Bytes.Length - name.Length) <= MaximumMisspelling)
                    names.Add(type.Name.ToString());
            }
        }
    }

    /// <summary>Looks the addresses of several symbols up in one pass over <c>/proc/kallsyms</c>.</summary>
    /// <returns>The addresses of those found; a name that stands for different addresses maps to <see langword="null"/>.</returns>
    public IReadOnlyDictionary<string, ulong?> FindSymbols(IReadOnlySet<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return KernelSymbols.Find(Files.HostPath(KernelSymbols.Path), names);
    }

    /// <summary>The kernel function behind a system call, which a probe of it goes to.</summary>
    /// <param name="systemCall">The system call, such as <c>openat</c>.</param>
    public string SymbolOfSystemCall(string systemCall) => HasSystemCallWrappers ? KernelSymbols.WrapperOf(systemCall) : "__se_sys_" + systemCall;

    private KernelModule ModuleOf(string name)
    {
        if (!_modules.TryGetValue(name, out KernelModule? module))
            _modules.Add(name, module = new KernelModule(this, name));
        return module;
    }

    private BtfSpec ReadTypes()
    {
        foreach (string path in BtfCandidates)
        {
            if (Files.HasFile(path))
                return BtfFile.ReadAlone(Files.HostPath(path), path);
        }

        throw BpfException.NotSupported(
            "finding the kernel's BTF",
            !Files.HasDirectory("/sys/kernel") ? $"There is no {BtfPath}, since no sysfs is mounted on /sys: mount -t sysfs sysfs /sys. Or give a BTF file made for this kernel"
            : $"{BtfPath} is missing: the kernel was built without CONFIG_DEBUG_INFO_BTF. Give a BTF file made for this kernel");
    }

    private KernelConfig? ReadConfiguration()
    {
        if (Files.ReadText($"/boot/config-{Release}") is { } plain)
            return new KernelConfig(new StringReader(plain));
        if (Files.ReadBytes("/proc/config.gz") is not { Length: > 0 } packed)
            return null;
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var text = new StreamReader(gzip);
        return new KernelConfig(text);
    }
}

/// <summary>A type of a kernel.</summary>
/// <param name="Type">The type.</param>
/// <param name="Module">The module that has it; <see langword="null"/> for the kernel itself.</param>
public readonly record struct KernelType(BtfType Type, KernelModule? Module);

/// <summary>A loaded module of a kernel, with types of its own.</summary>
public sealed class KernelModule
{
    private readonly Kernel _kernel;
    private readonly Lock _gate = new();
    private BtfSpec? _types;

    internal KernelModule(Kernel kernel, string name)
    {
        _kernel = kernel;
        Name = name;
    }

    /// <summary>The module's name.</summary>
    public string Name { get; }

    /// <summary>The types that the module adds to the kernel's; read once.</summary>
    /// <exception cref="BtfFormatException">They are malformed.</exception>
    /// <exception cref="IOException">They cannot be read, as after the module was unloaded.</exception>
    public BtfSpec ReadTypes()
    {
        BtfSpec vmlinux = _kernel.Types;
        lock (_gate)
        {
            if (_types is not null)
                return _types;
            string path = $"{Kernel.BtfDirectory}/{Name}";
            byte[] data = _kernel.Files.ReadBytes(path) ?? throw new IOException($"{path} cannot be read.");
            return _types = BtfSpec.Parse(data, new BtfReadOptions { Base = vmlinux, Source = Name });
        }
    }

    /// <summary>Opens the module's types in the running kernel, for instructions that refer to them.</summary>
    /// <returns>The BTF, which the caller disposes.</returns>
    /// <exception cref="BpfException">The module is gone, or BTF may not be opened by id (CAP_SYS_ADMIN).</exception>
    public BtfObject Open()
    {
        foreach (BtfObjectInfo info in BtfObject.ListKernel())
        {
            if (info.Name == Name)
                return BtfObject.FromId(info.Id);
        }

        throw new BpfException($"opening the BTF of module {Name}", Errno.ENOENT, BpfCommand.BtfGetFdById, "It was unloaded, or this process may not list BTF (CAP_SYS_ADMIN).");
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal bool TryReadTypes([NotNullWhen(true)] out BtfSpec? types)
    {
        try
        {
            types = ReadTypes();
            return true;
        }
        catch (Exception e) when (e is BtfFormatException or IOException)
        {
            types = null;
            return false;
        }
    }
}
