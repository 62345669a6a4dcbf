using System.Globalization;

namespace P3Ebpf.Loader.Running;

/// <summary>The processors of this machine as the kernel counts them.</summary>
public static class KernelCpus
{
    private static readonly Lazy<int> Possible = new(() => Parse(File.ReadAllText("/sys/devices/system/cpu/possible"))[^1] + 1);

    /// <summary>How many CPUs there could ever be: the number of values of an entry of a per-CPU map.</summary>
    public static int PossibleCount => Possible.Value;

    /// <summary>The numbers of the CPUs that are online now.</summary>
    public static IReadOnlyList<int> Online => Parse(File.ReadAllText("/sys/devices/system/cpu/online"));

    /// <summary>Reads the kernel's list format, such as <c>0-3,8</c>.</summary>
    internal static List<int> Parse(string list)
    {
        const int Maximum = 1 << 16;
        List<int> cpus = [];
        foreach (string part in list.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            int last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            if (first < 0 || last < first || last >= Maximum)
                throw new FormatException($"'{list.Trim()}' is not a list of CPUs.");
            cpus.AddRange(Enumerable.Range(first, last - first + 1));
        }
        return cpus.Count > 0 ? cpus : throw new FormatException("The list of CPUs is empty.");
    }
}
