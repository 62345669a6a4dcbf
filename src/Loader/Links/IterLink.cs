using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace P3Ebpf.Loader.Links;

/// <summary>In which order an iterator walks control groups, <c>enum bpf_cgroup_iter_order</c>.</summary>
public enum BpfCgroupOrder
{
    /// <summary>The group alone.</summary>
    SelfOnly = 1,

    /// <summary>The group and those below it, each before those below.</summary>
    DescendantsPre = 2,

    /// <summary>The group and those below it, each behind those below.</summary>
    DescendantsPost = 3,

    /// <summary>The group and those above it, up to the root.</summary>
    AncestorsUp = 4,
}

/// <summary>What an iterator walks, where its kind leaves that open.</summary>
public sealed record BpfIteratorOptions
{
    /// <summary>The map, for iterators over elements of a map or sockets of a storage.</summary>
    public BpfMap? Map { get; init; }

    /// <summary>The control group's directory, for iterators over control groups. Linux 6.1.</summary>
    public string? Cgroup { get; init; }

    /// <summary>The order in which control groups are walked.</summary>
    public BpfCgroupOrder CgroupOrder { get; init; } = BpfCgroupOrder.DescendantsPre;

    /// <summary>The process, for iterators over tasks, their files and their memory. Linux 6.1.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The thread, likewise.</summary>
    public int? ThreadId { get; init; }
}

/// <summary>A program that walks kernel objects and prints them.</summary>
public sealed class IterLink : BpfLink
{
    private const int RecordsPerRead = 64;

    private IterLink(BpfProgram program, BpfHandle handle, string place)
        : base(handle, place, program)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Tracing"/> for <see cref="BpfAttachType.TraceIter"/>.</param>
    /// <param name="options">What to walk, for kinds that take it.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static unsafe IterLink Attach(BpfProgram program, BpfIteratorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        options ??= new BpfIteratorOptions();
        string place = program.Spec is { AttachPoint: BpfIteratorTarget point } ? point.ToString() : "an iterator";
        using BpfHandle? group = options.Cgroup is { } directory ? OpenTarget(directory, program, place) : null;
        uint* info = stackalloc uint[4]; // union bpf_iter_link_info
        new Span<uint>(info, 4).Clear();
        int length = 0;
        if (options.Map is { } map)
        {
            info[0] = (uint)map.Handle.Descriptor;
            length = 1;
        }
        else if (group is not null)
        {
            info[0] = (uint)options.CgroupOrder;
            info[1] = (uint)group.Descriptor;
            length = 4;
        }
        else if (options.ThreadId is not null || options.ProcessId is not null)
        {
            info[0] = (uint)(options.ThreadId ?? 0);
            info[1] = (uint)(options.ThreadId is null ? options.ProcessId ?? 0 : 0);
            length = 3;
        }

        LinkCreateAttr attributes = default;
        attributes.IterInfo = length == 0 ? 0 : (ulong)info;
        attributes.IterInfoLength = (uint)(length * sizeof(uint));
        BpfHandle handle = Create(program, BpfAttachType.TraceIter, ref attributes, place, static error => error switch
        {
            Errno.EBADF or Errno.EINVAL => "That kind of iterator takes a map, a control group or a process (BpfIteratorOptions), or another map; or this kernel takes none.",
            Errno.EACCES => "The program reads or writes more of the elements than they have.",
            Errno.ESRCH => "There is no such process.",
            _ => null,
        });
        GC.KeepAlive(options);
        return new IterLink(program, handle, $"{place} by {program.Description}");
    }

    /// <summary>Starts a walk; reading the stream runs the program.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public Stream Open()
    {
        using BpfHandle.Use use = Handle.Borrow();
        IterCreateAttr attributes = default;
        attributes.LinkFd = use.Descriptor;
        int result = BpfSystemCall.Invoke(BpfCommand.IterCreate, ref attributes);
        return result >= 0
            ? new FileStream(new SafeFileHandle(result, ownsHandle: true), FileAccess.Read, bufferSize: 0)
            : throw new BpfException($"opening {Description}", -result, BpfCommand.IterCreate);
    }

    /// <summary>Walks once, and reads what the program writes as records of one type (<c>bpf_seq_write</c>).</summary>
    /// <typeparam name="T">The record, laid out as the program has it.</typeparam>
    /// <exception cref="ArgumentException">The object says what the records are (<see cref="BpfProgramSpec.BtfRecordTypeId"/>), and <typeparamref name="T"/> is
    /// laid out otherwise (<see cref="BpfOpaqueAttribute"/>).</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    /// <exception cref="EndOfStreamException">The last record is cut: the program writes something else than <typeparamref name="T"/>.</exception>
    public IEnumerable<T> ReadAll<[DynamicallyAccessedMembers(ManagedType.Needed)] T>()
        where T : unmanaged
    {
        MapTypeCheck.RequireRecord<T>(Program?.Spec);
        return Walk<T>();
    }

    private IEnumerable<T> Walk<T>()
        where T : unmanaged
    {
        using Stream stream = Open();
        byte[] records = new byte[Unsafe.SizeOf<T>() * RecordsPerRead];
        int held = 0;
        while (true)
        {
            int read = stream.Read(records, held, records.Length - held);
            if (read == 0)
                break;
            held += read;
            int whole = held - (held % Unsafe.SizeOf<T>());
            for (int at = 0; at < whole; at += Unsafe.SizeOf<T>())
                yield return MemoryMarshal.Read<T>(records.AsSpan(at));
            records.AsSpan(whole, held - whole).CopyTo(records);
            held -= whole;
        }

        if (held != 0)
            throw new EndOfStreamException($"{Description} ended within a record: {held} of the {Unsafe.SizeOf<T>()} bytes of {typeof(T).Name} were there.");
    }
}
