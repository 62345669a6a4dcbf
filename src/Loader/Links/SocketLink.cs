using System.Net.Sockets;

namespace P3Ebpf.Loader.Links;

/// <summary>
/// A program attached to a socket: a filter, which decides what the socket receives, or a program that chooses a socket among those that share a port
/// (<c>SO_REUSEPORT</c>). The kernel has no link for it; it ends with the socket, or when this is disposed.
/// </summary>
public sealed unsafe class SocketLink : BpfLink
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int AttachFilter = 50; // SO_ATTACH_BPF
    private const int DetachFilter = 27; // SO_DETACH_FILTER
    private const int AttachReuseport = 52; // SO_ATTACH_REUSEPORT_EBPF
    private const int DetachReuseport = 68; // SO_DETACH_REUSEPORT_BPF

    private readonly int _detach;

    private SocketLink(BpfProgram program, BpfHandle socket, int detach, string place)
        : base(socket, place, program) => _detach = detach;

    /// <inheritdoc/>
    public override bool IsKernelLink => false;

    private protected override string WhyNoKernelLink => "The kernel has no links for sockets";

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.SocketFilter"/> or <see cref="BpfProgramType.SkReuseport"/>.</param>
    /// <param name="socket">The socket; to choose among several, any one of them, before or after it is bound.</param>
    /// <param name="choosesAmongSeveral">
    /// Whether a socket filter's result is the number of the socket that receives, among those that share the port; programs of kind
    /// <see cref="BpfProgramType.SkReuseport"/> always choose.
    /// </param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static SocketLink Attach(BpfProgram program, Socket socket, bool choosesAmongSeveral = false)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(socket);
        bool chooses = choosesAmongSeveral || program.Type == BpfProgramType.SkReuseport;
        string place = chooses ? "sockets that share a port" : "a socket";
        int copy = Libc.FileControl((int)socket.Handle, Libc.FcntlDuplicateCloseOnExec, 3);
        if (copy < 0)
            throw new BpfException(Attaching(program, place), -Libc.NegativeError);
        BpfHandle own = BpfHandle.Own(copy);
        using BpfHandle.Use use = program.Handle.Borrow();
        int descriptor = use.Descriptor;
        if (Libc.SetSocketOption(own.Descriptor, SocketLevel, chooses ? AttachReuseport : AttachFilter, &descriptor, sizeof(int)) == 0)
            return new SocketLink(program, own, chooses ? DetachReuseport : DetachFilter, place);
        int error = -Libc.NegativeError;
        own.Dispose();
        throw new BpfException(Attaching(program, place), error, hint: error switch
        {
            Errno.EINVAL when chooses => "The socket needs SO_REUSEPORT before the program, and the program must be of kind socket filter or sk_reuseport.",
            Errno.EINVAL => "The program must be of kind socket filter.",
            Errno.EPERM => "The socket's filter was locked (SO_LOCK_FILTER).",
            _ => null,
        });
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        if (!TryDetach())
            throw new BpfException($"detaching {Program!.Description} from {Description}", -Libc.NegativeError);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !Handle.IsClosed)
            Insist(TryDetach);
        base.Dispose(disposing);
    }

    private bool TryDetach()
    {
        int ignored = 0;
        return Libc.SetSocketOption(Handle.Descriptor, SocketLevel, _detach, &ignored, sizeof(int)) == 0;
    }
}
