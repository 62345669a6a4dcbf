using System.Text;

namespace P3Ebpf.Loader.Running;

/// <summary>What somebody may have meant who asked for a name that is not there.</summary>
internal static class NearNames
{
    private const int Maximum = 3;

    /// <summary>The names most like the one wanted, best first; none where nothing is like it.</summary>
    public static string[] Of(string wanted, IEnumerable<string> names)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(wanted);
        return
        [
            .. names
                .Distinct()
                .Select(name => (name, distance: name.Contains(wanted, StringComparison.Ordinal) ? 1 : BtfNameDistance.Between(bytes, Encoding.UTF8.GetBytes(name))))
                .Where(each => each.distance != BtfNameDistance.Unlike)
                .OrderBy(each => each.distance).ThenBy(each => each.name.Length)
                .Take(Maximum)
                .Select(each => each.name),
        ];
    }

    /// <summary>A sentence, without its full stop, that ends with the names most like the one wanted, if any are.</summary>
    public static string Suggest(string missing, string wanted, IEnumerable<string> names)
    {
        string[] near = Of(wanted, names);
        return near.Length == 0 ? $"{missing}." : $"{missing}; similar: {string.Join(", ", near)}.";
    }
}
