using System.Globalization;
using System.Text;

namespace P3Ebpf.Loader.Tests;

/// <summary>Why a call fails: with which error each kind of call does.</summary>
public enum FaultReason
{
    /// <summary>Memory, descriptors or buffers have run out, perhaps for a moment.</summary>
    Exhausted,

    /// <summary>A policy forbids it.</summary>
    Forbidden,

    /// <summary>The kernel does not understand it, as an older one would not.</summary>
    Unknown,
}

/// <summary>
/// Repeats an operation, each time with another of its system calls refused, until it has no more of them, and looks each time at what is left:
/// descriptors, mappings, pins, mounts, events of tracefs, queueing disciplines, and at the end objects in the kernel.
/// </summary>
internal sealed class FaultWalk(FaultReason reason)
{
    private const int Most = 2000;

    private readonly HashSet<(string Kind, uint Id)> _made = [];
    private readonly Dictionary<(string Kind, uint Id), string> _suspects = [];
    private readonly List<string> _findings = [];
    private readonly SortedDictionary<string, (int Points, int Tolerated)> _calls = new(StringComparer.Ordinal);

    /// <summary>How many calls were refused, one at a time.</summary>
    public int Points { get; private set; }

    /// <summary>How many of them the operation survived, by another way or without what the call was for.</summary>
    public int Tolerated { get; private set; }

    /// <summary>What else must be as before; named for the findings.</summary>
    public Dictionary<string, Func<IEnumerable<string>>> Watched { get; } = new()
    {
        ["descriptor"] = Descriptors,
        ["mapping"] = () => File.ReadLines("/proc/self/maps").Where(line => line.Contains("anon_inode:", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]),
        ["mount"] = () => File.ReadLines("/proc/thread-self/mounts").Where(line => line.Contains(" /sys/fs/bpf ", StringComparison.Ordinal) || line.Contains(" tracefs ", StringComparison.Ordinal)),
        ["event of tracefs"] = TraceEvents,
    };

    /// <summary>Refuses every call of an operation in turn.</summary>
    /// <param name="operation">What is done; it ends with everything undone again.</param>
    public void Run(Action<Undoing> operation)
    {
        // What is read once and remembered is no part of it.
        Attempt(operation, refused: 0, out _, out _).Should().BeNull();
        for (int call = 1; call < Most; call++)
        {
            Dictionary<string, string[]> before = Look();
            _made.Clear();
            Exception? thrown = Attempt(operation, call, out string refused, out bool isUndoing);
            if (refused.Length == 0)
                break;
            Points++;
            Tolerated += thrown is null ? 1 : 0;
            (int points, int tolerated) = _calls.GetValueOrDefault(refused);
            _calls[refused] = (points + 1, tolerated + (thrown is null ? 1 : 0));
            string step = $"call {call} ({refused}{(isUndoing ? ", undoing" : "")}) refused";
            Judge(thrown, isUndoing, step);
            foreach ((string what, string[] now) in Look())
                _findings.AddRange(Beyond(before[what], now).Select(extra => $"{step}: {what} {extra} is left{(thrown is null ? "" : $" after: {thrown.Message}")}"));
            foreach ((string Kind, uint Id) made in _made)
                _suspects[made] = step;
        }

        Points.Should().BePositive();
        WaitForObjects();
        Report();
        _findings.Should().BeEmpty();
    }

    /// <summary>Appends what was counted to the file that P3EBPF_FAULT_REPORT names.</summary>
    private void Report()
    {
        if (Environment.GetEnvironmentVariable("P3EBPF_FAULT_REPORT") is not { } file)
            return;
        var text = new StringBuilder();
        _ = text.Append(CultureInfo.InvariantCulture, $"{TestContext.Current.Test?.TestDisplayName}: {Points} points, {Points - Tolerated} refused, {Tolerated} tolerated, {_findings.Count} findings\n");
        foreach ((string call, (int points, int tolerated)) in _calls)
            _ = text.Append(CultureInfo.InvariantCulture, $"    {call}: {points}, {tolerated} tolerated\n");
        foreach (string finding in _findings)
            _ = text.Append(CultureInfo.InvariantCulture, $"    ! {finding}\n");
        File.AppendAllText(file, text.ToString());
    }

    private Exception? Attempt(Action<Undoing> operation, int refused, out string what, out bool isUndoing)
    {
        int count = 0;
        string found = "";
        bool undoing = false;
        var stage = new Undoing(() => undoing = true);
        bool struckUndoing = false;
        Exception? thrown = null;
        using (SystemCallFault.Plant(
            call =>
            {
                if (++count != refused)
                    return 0;
                found = call.ToString();
                struckUndoing = undoing;
                return ErrorOf(call);
            },
            Note))
        {
            try
            {
                operation(stage);
            }
            catch (Exception e)
            {
                thrown = e;
            }
        }

        (what, isUndoing) = (found, struckUndoing);
        return thrown;
    }

    private void Judge(Exception? thrown, bool isUndoing, string step)
    {
        if (thrown is null)
            return;
        if (thrown is not EbpfException)
            _findings.Add($"{step}: {thrown.GetType().Name}: {thrown.Message}");
        else if (thrown.Message.Contains('\n', StringComparison.Ordinal) || thrown.Message.Length < 10)
            _findings.Add($"{step}: no message of one line: {thrown.Message}");
        else if (isUndoing)
            _findings.Add($"{step}: undoing threw: {thrown.Message}");
    }

    private int ErrorOf(RefusableCall call) => (reason, call.Name) switch
    {
        (FaultReason.Exhausted, "bpf" or "mmap" or "ioctl" or "mount" or "epoll_ctl" or "mkdir" or "rmdir" or "unlink") => Errno.ENOMEM,
        (FaultReason.Exhausted, "read" or "write") => Errno.ENOBUFS,
        (FaultReason.Exhausted, _) => Errno.EMFILE,
        (FaultReason.Forbidden, _) => Errno.EPERM,
        _ => Errno.EINVAL,
    };

    private Dictionary<string, string[]> Look() => Watched.ToDictionary(each => each.Key, each => each.Value().ToArray());

    private static List<string> Beyond(string[] before, string[] now)
    {
        List<string> rest = [.. now];
        foreach (string known in before)
            _ = rest.Remove(known);
        return rest;
    }

    /// <summary>Those of the runtime come and go as it pleases, but they are files and pipes.</summary>
    private static IEnumerable<string> Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget).OfType<string>()
        .Select(target => target.StartsWith("socket:", StringComparison.Ordinal) ? "socket" : target)
        .Where(target => target is "/" or "socket" || target.StartsWith("anon_inode:", StringComparison.Ordinal) || target.StartsWith("/sys/", StringComparison.Ordinal)
            || target.Contains("/testdata/", StringComparison.Ordinal) || Probed.Is(target));

    private static IEnumerable<string> TraceEvents()
    {
        using TraceFs traceFs = TraceFs.Open();
        string own = $"p3_{Environment.ProcessId}_";
        return [.. ((string[])["kprobe_events", "uprobe_events"]).SelectMany(traceFs.ReadLines).Where(line => line.Contains(own, StringComparison.Ordinal))];
    }

    /// <summary>Remembers what is made, by the number that procfs shows for its descriptor.</summary>
    private void Note(BpfCommand command, int descriptor)
    {
        string? kind = command switch
        {
            BpfCommand.MapCreate => "map",
            BpfCommand.ProgLoad => "prog",
            BpfCommand.BtfLoad => "btf",
            BpfCommand.LinkCreate or BpfCommand.RawTracepointOpen => "link",
            _ => null,
        };
        if (kind is not null && File.ReadLines($"/proc/self/fdinfo/{descriptor}").FirstOrDefault(line => line.StartsWith($"{kind}_id:", StringComparison.Ordinal)) is { } line)
            _ = _made.Add((kind, uint.Parse(line.Split(':')[1], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture)));
    }

    /// <summary>What goes by a token may not list; descriptors and pins are watched all the same.</summary>
    private static IEnumerable<(string Kind, uint Id)> Objects()
    {
        using BpfToken? token = BpfToken.Find();
        return token is not null ? [] :
        [
            .. BpfResource.ListIds(BpfCommand.ProgGetNextId, "programs").Select(id => ("prog", id)),
            .. BpfResource.ListIds(BpfCommand.MapGetNextId, "maps").Select(id => ("map", id)),
            .. BpfResource.ListIds(BpfCommand.LinkGetNextId, "links").Select(id => ("link", id)),
            .. BpfResource.ListIds(BpfCommand.BtfGetNextId, "BTF").Select(id => ("btf", id)),
        ];
    }

    /// <summary>The kernel gives objects back a little later.</summary>
    private void WaitForObjects()
    {
        _ = SpinWait.SpinUntil(
            () =>
            {
                HashSet<(string, uint)> there = [.. Objects()];
                foreach ((string Kind, uint Id) gone in _suspects.Keys.Where(key => !there.Contains(key)).ToArray())
                    _ = _suspects.Remove(gone);
                if (_suspects.Count > 0)
                    Thread.Sleep(20);
                return _suspects.Count == 0;
            },
            TimeSpan.FromMinutes(1));
        _findings.AddRange(_suspects.Select(each => $"{each.Value}: {each.Key.Kind} {each.Key.Id} is in the kernel still"));
    }
}

/// <summary>Lets an operation say that it is done, and only undoes what it did.</summary>
internal sealed class Undoing(Action begin)
{
    public void Begin() => begin();
}
