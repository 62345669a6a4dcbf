using System.Globalization;

namespace P3Ebpf.Doctor.Machine;

/// <summary>The capabilities of a process, of which BPF needs some.</summary>
/// <param name="Effective">The bits of <c>CapEff</c> in <c>/proc/PID/status</c>.</param>
internal readonly record struct Capabilities(ulong Effective)
{
    // Numbers: include/uapi/linux/capability.h.
    private static readonly (int Bit, string Name)[] Relevant =
        [(12, "CAP_NET_ADMIN"), (21, "CAP_SYS_ADMIN"), (24, "CAP_SYS_RESOURCE"), (38, "CAP_PERFMON"), (39, "CAP_BPF")];

    /// <summary>Whether programs can be loaded: CAP_BPF (Linux 5.8) or CAP_SYS_ADMIN.</summary>
    public bool CanLoad => Has(21) || Has(39);

    /// <summary>Whether perf events of the kernel can be opened: CAP_PERFMON (Linux 5.8) or CAP_SYS_ADMIN.</summary>
    public bool CanTrace => Has(21) || Has(38);

    public static Capabilities? FromStatus(string status)
    {
        const string Key = "CapEff:";
        string? line = status.Split('\n').FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is not null && ulong.TryParse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits)
            ? new Capabilities(bits)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        ulong effective = Effective;
        string[] names = [.. Relevant.Where(c => (effective >> c.Bit & 1) != 0).Select(c => c.Name)];
        return names.Length == 0 ? "none of those that BPF needs" : string.Join(", ", names);
    }

    private bool Has(int bit) => (Effective >> bit & 1) != 0;
}
