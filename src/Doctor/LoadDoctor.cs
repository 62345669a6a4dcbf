namespace P3Ebpf.Doctor;

/// <summary>
/// Says why a loader fails, from what it printed, the object, the BTF, the loader and the system. Reads files only; makes no bpf() call and
/// needs no privilege, though some files show themselves only to root.
/// </summary>
public static class LoadDoctor
{
    /// <summary>Examines what was given, and the system.</summary>
    /// <param name="request">What to examine.</param>
    /// <returns>The findings, weightiest first, and an answer.</returns>
    /// <exception cref="IOException">A file that was given cannot be read.</exception>
    public static DoctorReport Examine(DoctorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var context = new DoctorContext(request);
        SystemFacts system = new SystemCheck(context).Run();
        LoaderLog? log = request.Log is { } text ? LoaderLog.Read(text) : null;
        BtfFacts? btf = new BtfCheck(context).Run();
        ObjectFacts? bpfObject = new ObjectCheck(context).Run(btf);
        LoaderFacts? loader = new LoaderCheck(context).Run();

        if (log is not null)
            new LogConclusions(context, log, btf, bpfObject, system).Draw();
        var libraries = new LibbpfConclusions(context, log, btf, bpfObject, loader);
        libraries.Draw();
        new SystemConclusions(context, system, bpfObject, log).Draw();

        DoctorFinding[] findings = [.. context.Findings.OrderByDescending(finding => finding.Weight)];
        var answer = new DoctorAnswer(findings, btf, bpfObject, loader, libraries.Reported, log);
        return new DoctorReport(findings, answer.Compose(), context.Facts) { IsConclusive = answer.IsConclusive };
    }
}
