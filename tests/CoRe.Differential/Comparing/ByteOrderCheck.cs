using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>
/// libbpf relocates objects of its own machine's byte order only. A big-endian object must get the values that the little-endian
/// object of the same source gets against the same kernel, which are compared with libbpf's, but for the left shifts of bitfields:
/// those follow from the little-endian ones, the right shift and the size of the load.
/// </summary>
internal sealed class ByteOrderCheck(KernelTarget kernel)
{
    private readonly List<string> _differences = [];

    public int Relocations { get; private set; }

    public IReadOnlyList<string> Differences => _differences;

    public void Compare(string littleEndian, string bigEndian)
    {
        HashSet<string> expected = Answers(new OwnRelocation(littleEndian, kernel.Target), swapShifts: true);
        var big = new OwnRelocation(bigEndian, kernel.Target);
        HashSet<string> actual = Answers(big, swapShifts: false);
        Relocations += big.Results.Count();
        if (big.Outcome.IsRefused)
            _differences.Add($"{bigEndian} against {kernel.Name}: {big.Outcome.Message}");
        foreach (string answer in expected.Except(actual).Order(StringComparer.Ordinal))
            _differences.Add($"{bigEndian} against {kernel.Name} lacks {answer}");
        foreach (string answer in actual.Except(expected).Order(StringComparer.Ordinal))
            _differences.Add($"{bigEndian} against {kernel.Name} has {answer}");
    }

    /// <summary>What was asked and what was answered. A set: the compiler may merge equal relocations in one object and not in the other.</summary>
    private static HashSet<string> Answers(OwnRelocation own, bool swapShifts)
    {
        var answers = new HashSet<string>(StringComparer.Ordinal);
        var values = new Dictionary<(string, CoreRelocationKind), ulong>();
        foreach ((_, CoreRelocationResult result) in own.Results)
        {
            if (result.Value is { } value)
                values[(Field(own, result), result.Kind)] = value;
        }

        foreach ((_, CoreRelocationResult result) in own.Results)
        {
            string field = Field(own, result);
            ulong? value = result.Value;
            if (swapShifts && result.Kind == CoreRelocationKind.FieldLeftShiftU64 && value is not null)
            {
                if (!values.TryGetValue((field, CoreRelocationKind.FieldByteSize), out ulong size)
                    || !values.TryGetValue((field, CoreRelocationKind.FieldRightShiftU64), out ulong right))
                    continue;
                value = unchecked(((8 - size) * 8) + right - value) & uint.MaxValue;
            }
            else if (result.Kind == CoreRelocationKind.FieldLeftShiftU64 && value is not null)
            {
                if (!values.ContainsKey((field, CoreRelocationKind.FieldByteSize)) || !values.ContainsKey((field, CoreRelocationKind.FieldRightShiftU64)))
                    continue;
                value &= uint.MaxValue;
            }

            // Ids of local types are those of another object.
            if (result.Kind != CoreRelocationKind.TypeIdLocal)
                _ = answers.Add(string.Create(CultureInfo.InvariantCulture, $"{result.Outcome} {CoreRelocationKindNames.Of(result.Kind)} {field} = {value}"));
        }

        return answers;
    }

    private static string Field(OwnRelocation own, CoreRelocationResult result)
    {
        BtfType root = own.LocalBtf![result.Record.TypeId];
        return $"{BtfKindNames.Keyword(root)} {root.Name} {own.LocalBtf.GetString(result.Record.AccessStringOffset)}";
    }
}
