namespace P3Ebpf.Loader.Resources;

/// <summary>
/// The right to use bpf() that a bpffs lends to a user namespace: whoever mounted it said by its options <c>delegate_cmds</c>, <c>delegate_maps</c>,
/// <c>delegate_progs</c> and <c>delegate_attachs</c> what may be done. Linux 6.9.
/// </summary>
/// <remarks>Of use in the user namespace alone that the mount belongs to, with CAP_BPF (CAP_PERFMON, CAP_NET_ADMIN) there.</remarks>
public sealed class BpfToken : IDisposable
{
    /// <summary>The environment variable that says where to take a token from; empty to take none. libbpf's.</summary>
    public const string PathVariable = "LIBBPF_BPF_TOKEN_PATH";

    [ThreadStatic]
    private static BpfToken? _current;

    private BpfToken(BpfHandle handle, string path)
    {
        Handle = handle;
        Path = path;
    }

    /// <summary>The descriptor; owned by this object.</summary>
    public BpfHandle Handle { get; }

    /// <summary>The bpffs that it comes from.</summary>
    public string Path { get; }

    /// <summary>What the mount delegates, as it shows its options, such as <c>delegate_maps=array:hash</c>; empty where it does not tell.</summary>
    public IReadOnlyList<string> Delegated =>
    [
        .. BpfFs.OptionsOf(Path).Where(option => option.StartsWith("delegate_", StringComparison.Ordinal)),
    ];

    /// <summary>What this thread creates with, if anything.</summary>
    internal static BpfToken? Current => _current;

    /// <summary>Takes a token.</summary>
    /// <param name="path">Where the bpffs is mounted.</param>
    /// <exception cref="BpfException">It delegates nothing, belongs to another user namespace, or is none; or the kernel has no tokens.</exception>
    public static BpfToken Create(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string action = $"taking a token of {path}";
        int directory = Libc.Open(path, Libc.OpenCloseOnExec);
        if (directory < 0)
            throw new BpfException(action, -Libc.NegativeError, hint: "There is no such directory: give the place where a bpffs is mounted.");
        using BpfHandle opened = BpfHandle.Own(directory);
        int token = Request(opened.Descriptor);
        if (token >= 0)
            return new BpfToken(BpfHandle.Own(token), path);
        if (token == -Errno.EINVAL && !KernelFeature.Tokens.IsSupported())
            throw BpfException.NotSupported(action, KernelFeature.Tokens.Requirement(), BpfCommand.TokenCreate);
        throw new BpfException(action, -token, BpfCommand.TokenCreate, -token switch
        {
            Errno.EINVAL => $"{path} is not where a bpffs is mounted.",
            Errno.ENOENT => "This bpffs delegates nothing: mount it with delegate_cmds, delegate_maps, delegate_progs, delegate_attachs.",
            Errno.EOPNOTSUPP => "Outside of user namespaces there are no tokens; capabilities decide.",
            Errno.EPERM => "This bpffs belongs to another user namespace, or CAP_BPF is missing in this one.",
            _ => null,
        });
    }

    /// <summary>
    /// The token that loading is to use: of the path that was given, else of that of <see cref="PathVariable"/>, else of <c>/sys/fs/bpf</c> if that
    /// delegates. An empty path stands for none. Rule: libbpf's <c>bpf_object_prepare_token</c>.
    /// </summary>
    /// <exception cref="BpfException">The path that was given has no token.</exception>
    public static BpfToken? Find(string? path = null)
    {
        path ??= Environment.GetEnvironmentVariable(PathVariable);
        if (path is not null)
            return path.Length == 0 ? null : Create(path);
        int directory = Libc.Open(BpfFs.DefaultMountPoint, Libc.OpenCloseOnExec);
        if (directory < 0)
            return null;
        using BpfHandle opened = BpfHandle.Own(directory);
        int token = Request(opened.Descriptor);
        return token < 0 ? null : new BpfToken(BpfHandle.Own(token), BpfFs.DefaultMountPoint);
    }

    /// <summary>Until the result is disposed, by the same thread, all maps, programs and BTF that this thread creates are created by the token.</summary>
    /// <remarks>The descriptor must stay open as long.</remarks>
    public IDisposable Use()
    {
        var scope = new Scope(_current);
        Enter(this);
        return scope;
    }

    /// <summary>Closes the descriptor; what was created stays.</summary>
    public void Dispose() => Handle.Dispose();

    private static void Enter(BpfToken? token)
    {
        _current = token;
        TokenDescriptor.Current = token?.Handle.Descriptor;
    }

    private static int Request(int directory)
    {
        TokenCreateAttr attributes = default;
        attributes.BpffsFd = directory;
        return BpfSystemCall.Invoke(BpfCommand.TokenCreate, ref attributes);
    }

    private sealed class Scope(BpfToken? before) : IDisposable
    {
        public void Dispose() => Enter(before);
    }
}
