using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a perf event: a tracepoint, a probe or a counter.</summary>
/// <remarks>Since Linux 5.15 the kernel has a link for it. Before, the perf event itself is the attachment.</remarks>
public class PerfEventLink : BpfLink
{
    private PerfEventLink(BpfHandle handle, string description, bool isKernelLink)
        : base(handle, description) => IsKernelLink = isKernelLink;

    private protected PerfEventLink((BpfHandle Handle, bool IsKernelLink) attached, string description)
        : this(attached.Handle, description, attached.IsKernelLink)
    {
    }

    /// <inheritdoc/>
    public override bool IsKernelLink { get; }

    /// <summary>Attaches a program to an open perf event.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.PerfEvent"/>, or that of the event.</param>
    /// <param name="perfEvent">The event; the link takes it over, also when this fails.</param>
    /// <param name="cookie">A number the program can ask for; needs Linux 5.15.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static PerfEventLink Attach(BpfProgram program, BpfHandle perfEvent, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(perfEvent);
        const string Place = "a perf event";
        return new PerfEventLink(AttachTo(program, perfEvent, cookie, Place), Place);
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        if (IsKernelLink)
            base.Detach();
        else
            Handle.Dispose();
    }

    /// <summary>Opens a perf event and attaches a program to it.</summary>
    private protected static (BpfHandle Handle, bool IsKernelLink) Open(
        BpfProgram program, ref PerfEventAttr attributes, int pid, ulong cookie, string place)
    {
        const ulong SampleRaw = 1 << 10; // PERF_SAMPLE_RAW
        attributes.SamplePeriod = 1;
        attributes.SampleType = SampleRaw;
        attributes.WakeupEvents = 1;
        int descriptor = BpfSystemCall.PerfEventOpen(ref attributes, pid, cpu: pid < 0 ? 0 : -1);
        if (descriptor < 0)
            throw new BpfException($"opening a perf event for {place}", -descriptor, hint: -descriptor switch
            {
                Errno.EACCES or Errno.EPERM => "It needs CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8): run as root.",
                Errno.ENOENT => "The kernel does not know that place, or forbids probes there.",
                _ => null,
            });
        return AttachTo(program, BpfHandle.Own(descriptor), cookie, place);
    }

    private static (BpfHandle Handle, bool IsKernelLink) AttachTo(BpfProgram program, BpfHandle perfEvent, ulong cookie, string place)
    {
        BpfHandle? attached = null;
        try
        {
            bool isKernelLink = KernelFeature.PerfLink.IsSupported();
            attached = isKernelLink ? CreateLink(program, perfEvent, cookie, place) : SetProgram(program, perfEvent, cookie, place);
            Control(perfEvent, PerfEventRequest.Enable, 0, Attaching(program, place));
            return (attached, isKernelLink);
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

    private static BpfHandle CreateLink(BpfProgram program, BpfHandle perfEvent, ulong cookie, string place)
    {
        LinkCreateAttr attributes = default;
        attributes.TargetFd = perfEvent.Descriptor;
        attributes.PerfCookie = cookie;
        return Create(program, BpfAttachType.PerfEvent, ref attributes, place);
    }

    private static BpfHandle SetProgram(BpfProgram program, BpfHandle perfEvent, ulong cookie, string place)
    {
        string action = Attaching(program, place);
        if (cookie != 0)
            throw BpfException.NotSupported(action, "A cookie needs Linux 5.15");
        Control(perfEvent, PerfEventRequest.SetBpf, program.Handle.Descriptor, action);
        return perfEvent;
    }

    private static void Control(BpfHandle perfEvent, PerfEventRequest request, int argument, string action)
    {
        // The direction bits of ioctl numbers lie elsewhere on PowerPC.
        nuint number = RuntimeInformation.ProcessArchitecture == Architecture.Ppc64le
            ? request switch { PerfEventRequest.SetBpf => 0x8004_2408, _ => 0x2000_0000 | (nuint)request }
            : (nuint)request;
        if (Libc.DeviceControl(perfEvent.Descriptor, number, argument) < 0)
            throw new BpfException(action, -Libc.NegativeError);
    }

    private enum PerfEventRequest
    {
        Enable = 0x2400,
        SetBpf = 0x4004_2408,
    }
}
