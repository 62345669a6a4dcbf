namespace P3Ebpf.Loader.Links;

/// <summary>
/// A program attached to a static probe (USDT) of a program or library, at all its sites: through one link where the kernel has uprobe.multi
/// (Linux 6.6), else through a uprobe for each site.
/// </summary>
public sealed class UsdtLink : BpfLink
{
    private readonly IReadOnlyList<BpfLink> _parts;
    private readonly UsdtSpecs _specs;

    private UsdtLink(BpfProgram program, IReadOnlyList<BpfLink> parts, UsdtSpecs specs, string place, int sites)
        : base(parts[0].Handle, place, program)
    {
        _parts = parts;
        _specs = specs;
        SiteCount = sites;
    }

    /// <inheritdoc/>
    public override bool IsKernelLink => _parts.Count == 1 && _parts[0].IsKernelLink;

    /// <summary>At how many sites the program was attached.</summary>
    public int SiteCount { get; }

    private protected override string WhyNoKernelLink => "One link for a probe of several sites needs Linux 6.6 (uprobe.multi)";

    /// <summary>Attaches a program that was compiled with libbpf's <c>usdt.bpf.h</c>, and whose maps tell it where its arguments are.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/>.</param>
    /// <param name="probe">The probe, such as <c>new("libc.so.6", "libc", "setjmp")</c>.</param>
    /// <param name="options">The process, and the cookie that <c>bpf_usdt_cookie</c> returns.</param>
    /// <exception cref="BpfException">There is no such file or probe, its arguments cannot be followed, or the kernel refuses.</exception>
    public static UsdtLink Attach(BpfProgram program, BpfUsdt probe, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(probe);
        options ??= BpfProbeOptions.Default;
        string place = probe.ToString();
        string action = Attaching(program, place);
        using UprobeTarget target = UprobeTarget.Open(probe.Binary, action);
        ElfUsdtProbe[] sites = SitesOf(target, probe, action);
        var specs = new UsdtSpecs(UsdtMaps.Of(program, action), options.Cookie, action);
        var parts = new List<BpfLink>();
        try
        {
            ulong[] ids = [.. sites.Select(site => specs.Add(site, target.Elf.Header.Machine))];
            if (!UsdtMaps.HasCookies)
                specs.AddAddresses(AddressesOf(target, sites, options.ProcessId, action), ids);
            if (program.ExpectedAttachType == BpfAttachType.TraceUprobeMulti)
            {
                ulong[] semaphores = [.. sites.Select(site => site.SemaphoreOffset ?? 0)];
                parts.Add(UprobeMultiLink.Create(program, target.Path, [.. sites.Select(site => site.Offset!.Value)], semaphores, ids, atReturn: false, isSession: false, options.ProcessId, place));
            }
            else
            {
                for (int i = 0; i < sites.Length; i++)
                {
                    BpfProbeOptions own = options with { Cookie = UsdtMaps.HasCookies ? ids[i] : 0, SemaphoreOffset = sites[i].SemaphoreOffset ?? 0 };
                    parts.Add(UprobeLink.Attach(program, target.Path, sites[i].Offset!.Value, atReturn: false, own, place));
                }
            }

            return new UsdtLink(program, parts, specs, place, sites.Length);
        }
        catch
        {
            foreach (BpfLink part in parts)
                part.Dispose();
            specs.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        foreach (BpfLink part in _parts)
            part.Detach();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (BpfLink part in _parts)
                part.Dispose();

            // A pinned link goes on, and with it what its program is told of the arguments.
            if (PinPath is null)
                _specs.Dispose();
        }

        base.Dispose(disposing);
    }

    private static ElfUsdtProbe[] SitesOf(UprobeTarget target, BpfUsdt probe, string action)
    {
        IReadOnlyList<ElfUsdtProbe> all;
        try
        {
            all = target.Elf.ReadUsdtProbes();
        }
        catch (ElfFormatException e)
        {
            throw new BpfException(action, Errno.EINVAL, hint: e.Message);
        }

        ElfUsdtProbe[] sites = [.. all.Where(site => site.Provider == probe.Provider && site.Name == probe.Name)];
        if (sites.Length == 0)
        {
            throw new BpfException(action, Errno.ENOENT, hint: all.Count == 0
                ? $"{target.Path} was built without static probes (sys/sdt.h); readelf -n lists those of a file."
                : NearNames.Suggest($"{target.Path} has no probe {probe.Provider}:{probe.Name}", $"{probe.Provider}:{probe.Name}", all.Select(site => site.ToString())));
        }

        foreach (ElfUsdtProbe site in sites)
        {
            if (site.Offset is null || (site.SemaphoreAddress != 0 && site.SemaphoreOffset is null))
                throw new BpfException(action, Errno.EINVAL, hint: $"A site of {site} at address 0x{site.Address:x} is outside the segments of {target.Path}; the file may have been changed after linking.");
        }

        return sites;
    }

    /// <summary>The sites' addresses in memory, by which a program finds its arguments where probes have no cookies.</summary>
    private static ulong[] AddressesOf(UprobeTarget target, ElfUsdtProbe[] sites, int? processId, string action)
    {
        if (target.Elf.Header.Type == ElfType.Executable)
            return [.. sites.Select(site => site.Address)];
        if (processId is not { } pid)
            throw BpfException.NotSupported(action, $"{target.Path} lies at other addresses in every process: name the process. For all at once it takes cookies, which need Linux 5.15");
        IReadOnlyList<MappedFile> mapped = MappedFile.Of(pid, target.Path);
        return [.. sites.Select(site => mapped.FirstOrDefault(m => m.Has(site.Offset!.Value)) is { } map
            ? map.Start + (site.Offset!.Value - map.Offset)
            : throw new BpfException(action, Errno.ENOENT, hint: $"Process {pid} has not loaded {target.Path}."))];
    }
}
