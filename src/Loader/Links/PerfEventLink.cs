using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a perf event: a tracepoint, a probe or a counter.</summary>
/// <remarks>Since Linux 5.15 the kernel has a link for it. Before, the perf event itself is the attachment.</remarks>
public class PerfEventLink : BpfLink
{
    private LegacyProbe? _probe;

    private protected PerfEventLink(BpfProgram program, PerfEventAttachment attachment, string description, LegacyProbe? probe = null)
        : base(attachment.Handle, description, program)
    {
        IsKernelLink = attachment.IsKernelLink;
        _probe = probe;
    }

    /// <inheritdoc/>
    public override bool IsKernelLink { get; }

    private protected override string WhyNoKernelLink => "Links of perf events need Linux 5.15";

    /// <summary>Attaches a program to a perf event that is opened for it.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.PerfEvent"/>.</param>
    /// <param name="perfEvent">What is counted, and where.</param>
    /// <param name="options">The cookie.</param>
    /// <exception cref="BpfException">The machine has no such event, or the kernel refuses.</exception>
    public static PerfEventLink Attach(BpfProgram program, BpfPerfEvent perfEvent, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(perfEvent);
        PerfEventAttr attributes = perfEvent.ToAttributes();
        string place = perfEvent.ToString();
        BpfHandle handle = Open(program, ref attributes, perfEvent.ProcessId ?? -1, perfEvent.Cpu ?? -1, place, static error => error switch
        {
            Errno.ENOENT or Errno.EOPNOTSUPP or Errno.ENODEV => "The machine has no such counter; virtual machines often have none of the processor's. Software events are always there.",
            _ => null,
        });
        return new PerfEventLink(program, PerfEventAttachment.Make(program, handle, options ?? BpfProbeOptions.Default, place), place);
    }

    /// <summary>Attaches a program to an open perf event.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.PerfEvent"/>, or that of the event.</param>
    /// <param name="perfEvent">The event; the link takes it over, also when this fails.</param>
    /// <param name="options">The cookie.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static PerfEventLink Attach(BpfProgram program, BpfHandle perfEvent, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(perfEvent);
        const string Place = "a perf event";
        return new PerfEventLink(program, PerfEventAttachment.Make(program, perfEvent, options ?? BpfProbeOptions.Default, Place), Place);
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        if (IsKernelLink)
            base.Detach();
        else
            Handle.Dispose();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        _probe?.Dispose();
        _probe = null;
    }

    /// <summary>Opens the perf event of a probe or tracepoint and attaches a program to it.</summary>
    private protected static PerfEventAttachment AttachTo(
        BpfProgram program, ref PerfEventAttr attributes, BpfProbeOptions options, string place, Func<int, string?>? hint = null)
    {
        const ulong SampleRaw = 1 << 10; // PERF_SAMPLE_RAW
        attributes.SamplePeriod = 1;
        attributes.SampleType = SampleRaw;
        attributes.WakeupEvents = 1;
        BpfHandle perfEvent = Open(program, ref attributes, options.ProcessId ?? -1, options.ProcessId is null ? 0 : -1, place, hint);
        return PerfEventAttachment.Make(program, perfEvent, options, place);
    }

    /// <summary>Attaches a program to an event of tracefs, which is removed when that fails.</summary>
    private protected static PerfEventAttachment AttachTo(BpfProgram program, LegacyProbe probe, BpfProbeOptions options, string place)
    {
        try
        {
            PerfEventAttr attributes = default;
            attributes.Type = (uint)BpfPerfEventType.Tracepoint;
            attributes.Config = (ulong)probe.Id;
            return AttachTo(program, ref attributes, options, place);
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    private static BpfHandle Open(BpfProgram program, ref PerfEventAttr attributes, int pid, int cpu, string place, Func<int, string?>? hint)
    {
        int descriptor = BpfSystemCall.PerfEventOpen(ref attributes, pid, cpu);
        if (descriptor >= 0)
            return BpfHandle.Own(descriptor);
        throw new BpfException($"{Attaching(program, place)} (opening the perf event)", -descriptor, hint: -descriptor switch
        {
            Errno.EACCES or Errno.EPERM => "It needs CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8): run as root.",
            Errno.ESRCH => $"There is no process {pid}.",
            var error => hint?.Invoke(error),
        });
    }
}

/// <summary>What holds a program to a perf event: the kernel's link, or where there is none the event itself.</summary>
internal readonly struct PerfEventAttachment
{
    private PerfEventAttachment(BpfHandle handle, bool isKernelLink)
    {
        Handle = handle;
        IsKernelLink = isKernelLink;
    }

    public BpfHandle Handle { get; }

    public bool IsKernelLink { get; }

    /// <summary>Attaches a program and lets the event happen; takes the event over, also when this fails.</summary>
    public static PerfEventAttachment Make(BpfProgram program, BpfHandle perfEvent, BpfProbeOptions options, string place)
    {
        BpfHandle? attached = null;
        string action = $"attaching {program.Description} to {place}";
        try
        {
            bool isKernelLink = options.Mode is BpfProbeMode.Automatic or BpfProbeMode.Legacy ? KernelFeature.PerfLink.IsSupported() : options.Mode == BpfProbeMode.Link;
            attached = isKernelLink ? CreateLink(program, perfEvent, options.Cookie, action) : SetProgram(program, perfEvent, options.Cookie, action);
            Control(perfEvent, Request.Enable, 0, action);
            return new PerfEventAttachment(attached, isKernelLink);
        }
        catch
        {
            attached?.Dispose();
            throw;
        }
        finally
        {
            // The kernel's link keeps the event.
            if (attached != perfEvent)
                perfEvent.Dispose();
        }
    }

    private static BpfHandle CreateLink(BpfProgram program, BpfHandle perfEvent, ulong cookie, string action)
    {
        using BpfHandle.Use use = program.Handle.Borrow();
        LinkCreateAttr attributes = default;
        attributes.ProgFd = use.Descriptor;
        attributes.TargetFd = perfEvent.Descriptor;
        attributes.AttachType = BpfAttachType.PerfEvent;
        attributes.PerfCookie = cookie;
        int result = BpfSystemCall.Invoke(BpfCommand.LinkCreate, ref attributes);
        return result >= 0 ? BpfHandle.Own(result) : throw new BpfException(action, -result, BpfCommand.LinkCreate, Hint(-result));
    }

    private static BpfHandle SetProgram(BpfProgram program, BpfHandle perfEvent, ulong cookie, string action)
    {
        if (cookie != 0)
            throw BpfException.NotSupported(action, "A cookie needs Linux 5.15, and a link");
        using BpfHandle.Use use = program.Handle.Borrow();
        Control(perfEvent, Request.SetBpf, use.Descriptor, action);
        return perfEvent;
    }

    private static void Control(BpfHandle perfEvent, Request request, int argument, string action)
    {
        // The direction bits of ioctl numbers lie elsewhere on PowerPC.
        nuint number = RuntimeInformation.ProcessArchitecture == Architecture.Ppc64le
            ? request switch { Request.SetBpf => 0x8004_2408, _ => 0x2000_0000 | (nuint)request }
            : (nuint)request;
        if (Libc.DeviceControl(perfEvent.Descriptor, number, argument) < 0)
            throw new BpfException(action, -Libc.NegativeError, hint: Hint(-Libc.NegativeError));
    }

    private static string? Hint(int error) => error switch
    {
        Errno.EPROTO => "The program asks for stacks, for which the event must sample call chains (PERF_SAMPLE_CALLCHAIN, exclude_callchain_kernel off).",
        Errno.EEXIST => "Another program is attached to the event.",
        Errno.EACCES => "The program reads further than the event's record goes; compare its context with the event's format file.",
        _ => null,
    };

    private enum Request
    {
        Enable = 0x2400,
        SetBpf = 0x4004_2408,
    }
}
