namespace P3Ebpf.Loader.Links;

/// <summary>Attaches programs where their section names say.</summary>
public static class BpfAttaching
{
    /// <summary>Attaches a program of an object where its specification says.</summary>
    /// <param name="program">A program that was loaded from an object.</param>
    /// <param name="options">What the specification leaves open.</param>
    /// <returns>The attachment; the program is detached when it is disposed, or collected without being pinned.</returns>
    /// <exception cref="InvalidOperationException">The program was not loaded from an object.</exception>
    /// <exception cref="BpfException">More has to be said than the specification and the options say, or the kernel refuses.</exception>
    public static BpfLink Attach(this BpfProgram program, BpfAttachOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        options ??= BpfAttachOptions.None;
        if (program.Spec is not { } spec)
            throw new InvalidOperationException($"{program.Description} was not loaded from an object; attach it with one of the link types.");
        if (spec.AttachPoint is BpfInvalidAttachPoint invalid)
            throw NotPossible(spec, $"{invalid.Problem}.");
        if (options.MissingFor(spec.AttachPoint) is { } missing)
            throw NotPossible(spec, $"attaching it takes {missing}: say it, or attach it with one of the link types.");
        BpfProbeOptions probe = options.ToProbeOptions();
        return spec.AttachPoint switch
        {
            BpfTracepoint point => TracepointLink.Attach(program, point, probe with { ProcessId = null }),
            BpfRawTracepoint point => RawTracepointLink.Attach(program, point, probe),
            BpfBtfTarget { Type: BpfAttachType.LsmCgroup } => CgroupLink.Attach(program, options.Cgroup!),
            BpfBtfTarget or BpfExtensionTarget => TracingLink.Attach(program, probe),
            BpfTracingMulti point => TracingMultiLink.Attach(program, point, probe),
            BpfKprobe point => KprobeLink.Attach(program, point, probe),
            BpfSystemCallProbe point => KprobeLink.Attach(program, point, probe),
            BpfKprobeMulti point => KprobeMultiLink.Attach(program, point, probe),
            BpfUprobe point => UprobeLink.Attach(program, point, probe),
            BpfUprobeMulti point => UprobeMultiLink.Attach(program, point, probe),
            BpfUsdt point => UsdtLink.Attach(program, point, probe),
            BpfIteratorTarget => IterLink.Attach(program, new BpfIteratorOptions { Map = options.Map, Cgroup = options.Cgroup, ProcessId = options.ProcessId }),
            BpfDeviceHook point => AttachToDevice(program, point, options),
            BpfCgroupHook point => CgroupLink.Attach(program, options.Cgroup!, new BpfCgroupOptions { AttachType = point.Type ?? spec.ExpectedAttachType ?? BpfAttachType.CgroupInetEgress }),
            BpfNetworkNamespaceHook => NetnsLink.Attach(program, options.NetworkNamespace!),
            BpfSocketMapHook => SockmapLink.AttachAsPossible(program, options.Map!),
            BpfNetfilterHook => NetfilterLink.Attach(program, options.Netfilter!),
            BpfPerfEventHook => PerfEventLink.Attach(program, options.PerfEvent!, probe),
            var point => throw NotPossible(spec, $"it cannot be attached to {point} by its name alone; use one of the link types."),
        };
    }

    private static BpfLink AttachToDevice(BpfProgram program, BpfDeviceHook hook, BpfAttachOptions options)
    {
        uint device = NetworkDevice.IndexOf(options.Device!);
        return hook.Type switch
        {
            BpfAttachType.Xdp => XdpLink.Attach(program, device, options.XdpMode),
            BpfAttachType.NetkitPrimary or BpfAttachType.NetkitPeer => NetkitLink.Attach(program, device, hook.Type.Value),
            BpfAttachType.TcxIngress or BpfAttachType.TcxEgress => TcxLink.Attach(program, device, hook.Type.Value),
            // Sections of the older names: by a link where the kernel has them.
            _ when KernelVersion.Current >= BpfAttachType.TcxIngress.Since() =>
                TcxLink.Attach(program, device, options.Direction == TcDirection.Ingress ? BpfAttachType.TcxIngress : BpfAttachType.TcxEgress),
            _ => TcFilter.Attach(program, device, new TcFilterOptions { Direction = options.Direction!.Value }),
        };
    }

    private static BpfException NotPossible(BpfProgramSpec spec, string problem) =>
        new($"attaching program '{spec.Name}'", Errno.EOPNOTSUPP, hint: $"SEC(\"{spec.SectionName}\"): {problem}");
}
