using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>
/// Refuses system calls of the thread that planted it before they reach the kernel, so that a test can see what each step of an operation leaves behind
/// when it fails. Calls that give something back (close, munmap, umount) are made all the same.
/// </summary>
internal sealed class SystemCallFault : IDisposable
{
    private readonly Func<RefusableCall, int> _errorOf;
    private readonly Action<BpfCommand, int>? _done;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    private SystemCallFault(Func<RefusableCall, int> errorOf, Action<BpfCommand, int>? done)
    {
        _errorOf = errorOf;
        _done = done;
    }

    /// <summary>The one that is planted; none but in tests.</summary>
    public static SystemCallFault? Planted { get; private set; }

    /// <summary>Has every call of this thread be looked at, until the result is disposed.</summary>
    /// <param name="errorOf">The error number with which a call fails; 0 lets it through.</param>
    /// <param name="done">Told the results of bpf(2): the descriptors of what is made.</param>
    public static SystemCallFault Plant(Func<RefusableCall, int> errorOf, Action<BpfCommand, int>? done = null) => Planted = new SystemCallFault(errorOf, done);

    /// <summary>Whether a call fails; its error is then where that of a call of the C library is.</summary>
    public bool Strikes(string name, long detail = 0)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            return false;
        int error = _errorOf(new RefusableCall(name, detail));
        if (error != 0)
            Marshal.SetLastPInvokeError(error);
        return error != 0;
    }

    /// <summary>Tells of a command that was done.</summary>
    public void Tell(BpfCommand command, int result)
    {
        if (result >= 0 && Environment.CurrentManagedThreadId == _thread)
            _done?.Invoke(command, result);
    }

    public void Dispose() => Planted = null;
}

/// <summary>A system call about to be made.</summary>
/// <param name="Name">As its manual page is called.</param>
/// <param name="Detail">Which of its kinds, where it has some: the command of bpf(2), the request of ioctl(2).</param>
internal readonly record struct RefusableCall(string Name, long Detail)
{
    public override string ToString() => Name == "bpf" ? $"bpf {(BpfCommand)Detail}" : Detail == 0 ? Name : $"{Name} 0x{Detail:x}";
}
