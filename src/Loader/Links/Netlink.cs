using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Loader.Links;

/// <summary>A request to the kernel's routing tables (<c>rtnetlink(7)</c>): a header, and attributes that may hold others.</summary>
internal sealed class NetlinkMessage
{
    public const ushort SetLink = 19; // RTM_SETLINK
    public const ushort NewQdisc = 36; // RTM_NEWQDISC
    public const ushort DeleteQdisc = 37; // RTM_DELQDISC
    public const ushort NewFilter = 44; // RTM_NEWTFILTER
    public const ushort DeleteFilter = 45; // RTM_DELTFILTER

    public const ushort Request = 1; // NLM_F_REQUEST
    public const ushort Acknowledge = 4; // NLM_F_ACK
    public const ushort Echo = 8; // NLM_F_ECHO
    public const ushort Replace = 0x100; // NLM_F_REPLACE
    public const ushort Exclusive = 0x200; // NLM_F_EXCL
    public const ushort Create = 0x400; // NLM_F_CREATE

    private const ushort Nested = 0x8000; // NLA_F_NESTED
    private const int HeaderSize = 16;

    private readonly List<byte> _bytes = [];

    /// <summary>Begins a request.</summary>
    /// <param name="type">What is asked for, <c>RTM_*</c>.</param>
    /// <param name="flags">How, <c>NLM_F_*</c>.</param>
    /// <param name="header">The structure that follows the header, as the type has it.</param>
    public NetlinkMessage(ushort type, ushort flags, ReadOnlySpan<byte> header)
    {
        _bytes.AddRange(new byte[HeaderSize]);
        MemoryMarshal.Write(At(4), type);
        MemoryMarshal.Write(At(6), (ushort)(flags | Request | Acknowledge));
        MemoryMarshal.Write(At(8), 1u);
        _bytes.AddRange(header);
    }

    /// <summary>What is asked for.</summary>
    public ushort Type => MemoryMarshal.Read<ushort>(At(4));

    /// <summary>The message with its length.</summary>
    public byte[] ToArray()
    {
        MemoryMarshal.Write(At(0), (uint)_bytes.Count);
        return [.. _bytes];
    }

    /// <summary>Adds a structure that stands before attributes; its size is a multiple of 4.</summary>
    public NetlinkMessage AddHeader(ReadOnlySpan<byte> header)
    {
        _bytes.AddRange(header);
        return this;
    }

    public NetlinkMessage Add(ushort type, ReadOnlySpan<byte> value)
    {
        Begin(type, value.Length);
        _bytes.AddRange(value);
        while (_bytes.Count % 4 != 0)
            _bytes.Add(0);
        return this;
    }

    public NetlinkMessage Add(ushort type, uint value) => Add(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public NetlinkMessage Add(ushort type, string value) => Add(type, Encoding.UTF8.GetBytes(value + "\0"));

    /// <summary>Adds an attribute that holds others.</summary>
    public NetlinkMessage AddNested(ushort type, Action<NetlinkMessage> content)
    {
        int start = _bytes.Count;
        Begin((ushort)(type | Nested), 0);
        content(this);
        MemoryMarshal.Write(At(start), (ushort)(_bytes.Count - start));
        return this;
    }

    private void Begin(ushort type, int length)
    {
        int start = _bytes.Count;
        _bytes.AddRange(new byte[4]);
        MemoryMarshal.Write(At(start), (ushort)(length + 4));
        MemoryMarshal.Write(At(start + 2), type);
    }

    private Span<byte> At(int position) => CollectionsMarshal.AsSpan(_bytes)[position..];
}

/// <summary>Asks the kernel by netlink, in the calling thread's network namespace.</summary>
internal static unsafe class Netlink
{
    private const int Domain = 16; // AF_NETLINK
    private const int Raw = 3; // SOCK_RAW
    private const int CloseOnExec = 0x80000; // SOCK_CLOEXEC
    private const int NetlinkLevel = 270; // SOL_NETLINK
    private const int ExtendedAcknowledge = 11; // NETLINK_EXT_ACK
    private const int HeaderSize = 16;
    private const int ErrorType = 2; // NLMSG_ERROR
    private const int CappedFlag = 0x100; // NLM_F_CAPPED
    private const int DetailsFlag = 0x200; // NLM_F_ACK_TLVS
    private const int MessageAttribute = 1; // NLMSGERR_ATTR_MSG
    private const int Tries = 3;

    /// <summary>Sends a request and waits for the kernel's answer.</summary>
    /// <returns>What the kernel tells besides that it was done, header included; empty where nothing.</returns>
    /// <exception cref="BpfException">It was not.</exception>
    public static byte[] Ask(NetlinkMessage message, string action, Func<int, string?>? hint = null)
    {
        (int error, string text, byte[] told) = TryAsk(message);
        if (error == 0)
            return told;
        string? says = text.Length == 0 ? null : $"The kernel says: {text}.";
        throw new BpfException(action, error, hint: (says, hint?.Invoke(error)) switch
        {
            (null, null) => BpfErrorHint.For(null, error),
            (null, var own) => own,
            (var kernel, null) => kernel,
            var (kernel, own) => $"{kernel} {own}",
        });
    }

    /// <summary>The same; the error number and the kernel's words for it are the answer.</summary>
    public static (int Error, string Text, byte[] Told) TryAsk(NetlinkMessage message)
    {
        if (SystemCallFault.Planted is { } fault && fault.Strikes("rtnetlink", message.Type))
            return (-Libc.NegativeError, string.Empty, []);
        int descriptor = Libc.OpenSocket(Domain, Raw | CloseOnExec, 0);
        if (descriptor < 0)
            return (-Libc.NegativeError, string.Empty, []);
        using BpfHandle socket = BpfHandle.Own(descriptor);
        int on = 1;
        _ = Libc.SetSocketOption(socket.Descriptor, NetlinkLevel, ExtendedAcknowledge, &on, sizeof(int));
        byte[] bytes = message.ToArray();
        fixed (byte* pointer = bytes)
        {
            if (Libc.Write(socket.Descriptor, pointer, (nuint)bytes.Length) < 0)
                return (-Libc.NegativeError, string.Empty, []);
        }

        return Receive(socket);
    }

    /// <summary>Asks for the removal of what would outlive the process, once more where that fails.</summary>
    /// <returns>0, or the error number.</returns>
    public static int Insist(NetlinkMessage message) => TryAsk(message).Error is var error && error == 0 ? 0 : TryAsk(message).Error;

    private static (int Error, string Text, byte[] Told) Receive(BpfHandle socket)
    {
        byte[] buffer = new byte[1 << 15];
        byte[] told = [];
        int tries = Tries;
        while (true)
        {
            nint length;
            fixed (byte* pointer = buffer)
                length = Libc.Read(socket.Descriptor, pointer, (nuint)buffer.Length);

            // What was asked for may have been done: the answer waits, and without it nobody would undo that.
            if (length < 0 && (-Libc.NegativeError == Errno.EINTR || --tries > 0))
                continue;
            if (length < HeaderSize)
                return (length < 0 ? -Libc.NegativeError : Errno.EPROTO, string.Empty, []);
            for (ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)length); rest.Length >= HeaderSize;)
            {
                int size = (int)Math.Min(MemoryMarshal.Read<uint>(rest), (uint)rest.Length);
                if (size < HeaderSize + sizeof(int))
                    return (Errno.EPROTO, string.Empty, []);
                ReadOnlySpan<byte> one = rest[..size];
                if (MemoryMarshal.Read<ushort>(one[4..]) == ErrorType)
                    return (-MemoryMarshal.Read<int>(one[HeaderSize..]), Words(one), told);
                told = one.ToArray();
                rest = rest[Math.Min(rest.Length, (size + 3) & ~3)..];
            }
        }
    }

    /// <summary>The words behind an error: its number, the request (whole, or its header only), then attributes.</summary>
    private static string Words(ReadOnlySpan<byte> message)
    {
        int flags = MemoryMarshal.Read<ushort>(message[6..]);
        const int Request = HeaderSize + sizeof(int);
        if ((flags & DetailsFlag) == 0 || message.Length < Request + HeaderSize)
            return string.Empty;
        long start = Request + ((flags & CappedFlag) != 0 ? HeaderSize : ((long)MemoryMarshal.Read<uint>(message[Request..]) + 3) & ~3);
        while (start + 4 <= message.Length)
        {
            ReadOnlySpan<byte> attribute = message[(int)start..];
            int size = MemoryMarshal.Read<ushort>(attribute);
            if (size < 4 || size > attribute.Length)
                break;
            if (MemoryMarshal.Read<ushort>(attribute[2..]) == MessageAttribute)
                return Encoding.UTF8.GetString(attribute[4..size]).TrimEnd('\0');
            start += (size + 3) & ~3;
        }

        return string.Empty;
    }
}
