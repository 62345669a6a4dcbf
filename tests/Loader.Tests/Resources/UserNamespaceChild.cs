using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Loader.Tests;

/// <summary>
/// Another process of this test executable, in user and mount namespaces of its own, that runs one test marked explicit. For it this process mounts
/// what it may not mount itself: a bpffs that delegates. Protocol: files in a directory, see <see cref="DelegatedMounts"/>. Steps: token.c of the kernel's selftests.
/// </summary>
internal sealed partial class UserNamespaceChild : IDisposable
{
    private readonly Process _process;
    private readonly string _directory = Directory.CreateTempSubdirectory("p3ebpf-token").FullName;
    private readonly StringBuilder _output = new();

    /// <summary>Runs a test there, and passes, fails or is skipped as it is.</summary>
    /// <param name="test">The full name of a test marked explicit.</param>
    public static void Run(string test)
    {
        using var child = new UserNamespaceChild(test);
        child.ServeUntilItEnds();
        Assert.SkipWhen(child.Output.Contains("unshare: ", StringComparison.Ordinal), child.Output);
        child._process.ExitCode.Should().Be(0, child.Output);
        child.Output.Should().Contain("Total: 1, Errors: 0, Failed: 0, Skipped: 0", child.Output);
    }

    private UserNamespaceChild(string test)
    {
        Requires.Program("unshare");
        var start = new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "--", Environment.ProcessPath!, "-noLogo", "-noColor", "-explicit", "only", "-method", test])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[DelegatedMounts.DirectoryVariable] = _directory;
        _ = start.Environment.Remove(BpfToken.PathVariable);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    private void ServeUntilItEnds()
    {
        int next = 0;
        while (!_process.WaitForExit(20))
        {
            string request = Path.Combine(_directory, $"request{next}");
            if (!File.Exists(request))
                continue;
            string failure = Capture(() => Answer(File.ReadAllLines(request)));
            DelegatedMounts.Publish(Path.Combine(_directory, $"answer{next}"), failure);
            next++;
        }

        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Append(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }

    /// <summary>Takes the file system that the child opened in its namespace, lets it delegate, and mounts it in the child's mount namespace.</summary>
    private void Answer(string[] request)
    {
        const int SetString = 1; // FSCONFIG_SET_STRING
        const int Create = 6; // FSCONFIG_CMD_CREATE
        int process = Check(SystemCall(434, _process.Id, 0, 0, 0, 0), "pidfd_open");
        int context = Check(SystemCall(438, process, int.Parse(request[0], CultureInfo.InvariantCulture), 0, 0, 0), "pidfd_getfd");
        foreach (string[] option in request.Skip(2).Select(option => option.Split('=', 2)))
        {
            nint key = Marshal.StringToCoTaskMemUTF8(option[0]);
            nint value = Marshal.StringToCoTaskMemUTF8(option[1]);
            _ = Check(SystemCall(431, context, SetString, key, value, 0), "fsconfig " + option[0]);
            Marshal.FreeCoTaskMem(key);
            Marshal.FreeCoTaskMem(value);
        }

        _ = Check(SystemCall(431, context, Create, 0, 0, 0), "fsconfig create");
        int mount = Check(SystemCall(432, context, 0, 0, 0, 0), "fsmount");
        string failure = string.Empty;
        var thread = new Thread(() => failure = Capture(() => MoveMount(mount, request[1])));
        thread.Start();
        thread.Join();
        foreach (int descriptor in (int[])[process, context, mount])
            _ = Close(descriptor);
        if (failure.Length != 0)
            throw new InvalidOperationException(failure);
    }

    private void MoveMount(int mount, string target)
    {
        const int ShareFiles = 0x200; // CLONE_FS
        const int Mounts = 0x20000; // CLONE_NEWNS
        const nint Here = -100; // AT_FDCWD
        const nint EmptyPath = 4; // MOVE_MOUNT_F_EMPTY_PATH
        using Microsoft.Win32.SafeHandles.SafeFileHandle namespaces = File.OpenHandle($"/proc/{_process.Id}/ns/mnt");
        _ = Check(Unshare(ShareFiles), "unshare");
        _ = Check(SetNamespace((int)namespaces.DangerousGetHandle(), Mounts), "setns");
        nint empty = Marshal.StringToCoTaskMemUTF8(string.Empty);
        nint path = Marshal.StringToCoTaskMemUTF8(target);
        _ = Check(SystemCall(429, mount, empty, Here, path, EmptyPath), "move_mount");
        Marshal.FreeCoTaskMem(empty);
        Marshal.FreeCoTaskMem(path);
    }

    private static string Capture(Action action)
    {
        try
        {
            action();
            return string.Empty;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            return e.Message;
        }
    }

    private static int Check(nint result, string call) =>
        result >= 0 ? (int)result : throw new InvalidOperationException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint a1, nint a2, nint a3, nint a4, nint a5);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int type);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}

/// <summary>What the child asks its parent for: a bpffs of the child's user namespace, mounted where it says and with the options it says.</summary>
internal sealed class DelegatedMounts : IDisposable
{
    /// <summary>Where requests and answers go; set in the child alone.</summary>
    public const string DirectoryVariable = "P3EBPF_TEST_DELEGATION";

    private readonly string _directory;
    private readonly string _parent = ParentId();
    private int _next;

    public DelegatedMounts()
    {
        _directory = Environment.GetEnvironmentVariable(DirectoryVariable) ?? string.Empty;
        Assert.SkipWhen(_directory.Length == 0, "It runs in a user namespace, where another test starts it.");
    }

    /// <summary>Has a bpffs mounted.</summary>
    /// <param name="target">A directory: absolute, or the name of one to be made.</param>
    /// <param name="options">Mount options.</param>
    /// <returns>Where it is mounted.</returns>
    public unsafe string Request(string target, params string[] options)
    {
        target = Path.Combine(_directory, target);
        _ = Directory.CreateDirectory(target);
        int context;
        fixed (byte* type = "bpf\0"u8)
            context = (int)UserNamespaceChild.SystemCall(430, (nint)type, 1, 0, 0, 0); // fsopen, FSOPEN_CLOEXEC
        context.Should().BePositive(Marshal.GetLastPInvokeErrorMessage());
        int number = _next++;
        Publish(Path.Combine(_directory, $"request{number}"), string.Join('\n', [context.ToString(CultureInfo.InvariantCulture), target, .. options]));
        string answer = Path.Combine(_directory, $"answer{number}");
        while (!File.Exists(answer))
        {
            ParentId().Should().Be(_parent, "only it can answer");
            Thread.Sleep(10);
        }

        File.ReadAllText(answer).Should().BeEmpty();
        new Microsoft.Win32.SafeHandles.SafeFileHandle(context, ownsHandle: true).Dispose();
        return target;
    }

    public void Dispose() => Environment.SetEnvironmentVariable(BpfToken.PathVariable, null);

    private static string ParentId() => File.ReadLines("/proc/self/status").First(line => line.StartsWith("PPid:", StringComparison.Ordinal));

    /// <summary>A file that is there is whole.</summary>
    public static void Publish(string path, string text)
    {
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path);
    }
}
