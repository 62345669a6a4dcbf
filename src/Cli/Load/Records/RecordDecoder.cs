using System.Globalization;
using System.Text;

namespace P3Ebpf.Cli.Load.Records;

/// <summary>What the bytes of a record mean: by the type that the object's programs seem to send, else as they are.</summary>
internal sealed class RecordDecoder
{
    private const int LongestDump = 64;

    private readonly Dictionary<int, BtfType> _bySize = [];
    private readonly BpfObjectSpec _spec;
    private readonly bool _isPerfBuffer;

    /// <summary>Decodes the records of a ring or perf buffer.</summary>
    public RecordDecoder(BpfObjectSpec spec, BpfMap map)
    {
        _spec = spec;
        _isPerfBuffer = map.Type == BpfMapType.PerfEventArray;
        if (map.Spec is not { } description)
            return;
        foreach (BtfType type in BpfRecordTypes.Guess(spec, description))
            _ = _bySize.TryAdd(LengthOf(type), type);
    }

    /// <summary>The type of a record of so many bytes; <see langword="null"/> where it is not known.</summary>
    public BtfType? TypeOf(int length) => _bySize.TryGetValue(length, out BtfType type) ? type : null;

    /// <summary>Why records of a length are shown as bytes, and what to do about it.</summary>
    public string WhyUnknown(int length)
    {
        const string Remedy = "const struct TYPE *unused __attribute__((unused));";
        if (_spec.Btf is not { } types)
            return "the object has no BTF, which would say what they are; compile it with -g";
        List<string> fitting = [];
        foreach (BtfType type in types.OwnTypes)
        {
            if (type.Kind == BtfKind.Struct && !type.Name.IsEmpty && LengthOf(type) == length)
                fitting.Add(type.Name.ToString());
        }

        return fitting.Count == 0
            ? $"the object's BTF has no struct of {length} bytes. Compilers leave out the types that local variables alone have; a global variable keeps one: {Remedy}"
            : $"which type they have is not sure: {string.Join(", ", fitting.Select(name => $"struct {name}"))} of the object's BTF would fit";
    }

    /// <summary>The record on one line.</summary>
    public string Text(ReadOnlySpan<byte> record) => TypeOf(record.Length) is { } type ? BtfValueFormatter.Format(type, record) : Dump(record);

    /// <summary>Length, bytes and what of them is text, as far as it goes on a line.</summary>
    public static string Dump(ReadOnlySpan<byte> record)
    {
        ReadOnlySpan<byte> shown = record[..Math.Min(record.Length, LongestDump)];
        var text = new StringBuilder();
        _ = text.Append(CultureInfo.InvariantCulture, $"{record.Length} bytes:");
        foreach (byte one in shown)
            _ = text.Append(CultureInfo.InvariantCulture, $" {one:x2}");
        string more = shown.Length < record.Length ? " …" : string.Empty;
        _ = text.Append(more).Append("  |");
        foreach (byte one in shown)
            _ = text.Append(one is >= (byte)' ' and <= (byte)'~' ? (char)one : '.');
        return text.Append(more.Trim()).Append('|').ToString();
    }

    private int LengthOf(BtfType type) => _isPerfBuffer ? Padded((int)type.Size) : (int)type.Size;

    /// <summary>Perf events give records a length with which they end at a multiple of 8 bytes, their own length of 4 bytes counted (<c>perf_prepare_sample</c>).</summary>
    private static int Padded(int size) => ((size + sizeof(uint) + 7) & -8) - sizeof(uint);
}
