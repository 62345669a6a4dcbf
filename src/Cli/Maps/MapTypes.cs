using System.Globalization;
using System.Text.Json;

namespace P3Ebpf.Cli.Maps;

/// <summary>What keys and values of a map are, and with that their text.</summary>
/// <param name="map">The map.</param>
/// <param name="key">The key's type; <see langword="null"/> where it is not known.</param>
/// <param name="value">The value's type; <see langword="null"/> where it is not known.</param>
internal sealed class MapTypes(BpfMap map, BtfType? key, BtfType? value)
{
    private const string HexPrefix = "hex:";

    /// <summary>The types that the kernel keeps with a map.</summary>
    public static MapTypes FromKernel(BpfMap map, BpfMapInfo info)
    {
        if (info.BtfId == 0)
            return new MapTypes(map, null, null);
        try
        {
            using BtfObject btf = BtfObject.FromId(info.BtfId);
            BtfSpec types = BtfSpec.Parse(btf.ReadData());
            return new MapTypes(map, Fitting(types, info.BtfKeyTypeId, map.KeySize), Fitting(types, info.BtfValueTypeId, map.ValueSize));
        }
        catch (BpfException e) when (e.Kind == BpfFailureKind.NotPermitted)
        {
            // BTF is opened by its id, which takes CAP_SYS_ADMIN; bytes are shown without.
            return new MapTypes(map, null, null);
        }
    }

    /// <summary>The types that an object has for a map.</summary>
    public static MapTypes FromObject(BpfMap map, BtfSpec? types) => new(
        map, Fitting(types, map.Spec?.BtfKeyTypeId ?? 0, map.KeySize), Fitting(types, map.Spec?.BtfValueTypeId ?? 0, map.ValueSize));

    /// <summary>Whether an entry has a value for each CPU.</summary>
    public bool IsPerCpu => map.Type.IsPerCpu();

    public string KeyText(ReadOnlySpan<byte> bytes) => Text(key, bytes);

    public JsonElement KeyJson(ReadOnlySpan<byte> bytes) => Json(key, bytes);

    /// <summary>The value of an entry; of a map with a value for each CPU, a list of them.</summary>
    public string ValueText(ReadOnlySpan<byte> bytes)
    {
        if (ReferencedObject.KindOf(map.Type) is not null)
            return ReferencedObject.Describe(map.Type, bytes);
        if (!map.Type.IsPerCpu())
            return Text(value, bytes);
        var values = new List<string>();
        for (int cpu = 0; cpu < KernelCpus.PossibleCount; cpu++)
            values.Add($"cpu{cpu} = {Text(value, OfCpu(bytes, cpu))}");
        return $"{{ {string.Join(", ", values)} }}";
    }

    /// <summary>The values of an entry: one, or one for each CPU.</summary>
    public IReadOnlyList<JsonElement> ValuesJson(ReadOnlySpan<byte> bytes)
    {
        if (!map.Type.IsPerCpu())
            return [Json(value, bytes)];
        var values = new List<JsonElement>();
        for (int cpu = 0; cpu < KernelCpus.PossibleCount; cpu++)
            values.Add(Json(value, OfCpu(bytes, cpu)));
        return values;
    }

    /// <summary>Reads a key from the command line.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    public byte[] ParseKey(string text) => Parse(key, text, new byte[map.KeySize], "key");

    /// <summary>Reads a value from the command line. What it leaves out of a struct stays as it is; of a map with a value for each CPU, all get it.</summary>
    /// <param name="text">The value.</param>
    /// <param name="present">What the entry holds now; zeroes where there is none.</param>
    /// <exception cref="CommandException">It is none.</exception>
    public byte[] ParseValue(string text, byte[] present)
    {
        byte[] result = [.. present];
        if (!map.Type.IsPerCpu())
            return Parse(value, text, result, "value");
        for (int cpu = 0; cpu < KernelCpus.PossibleCount; cpu++)
            Parse(value, text, OfCpu(present, cpu).ToArray(), "value").CopyTo(result.AsSpan(cpu * Stride));
        return result;
    }

    /// <summary>A value without type: a number where it has the size of one, else bytes; either way as it can be given.</summary>
    internal static string Plain(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0].ToString(CultureInfo.InvariantCulture),
        2 => BitConverter.ToUInt16(bytes).ToString(CultureInfo.InvariantCulture),
        4 => BitConverter.ToUInt32(bytes).ToString(CultureInfo.InvariantCulture),
        8 => BitConverter.ToUInt64(bytes).ToString(CultureInfo.InvariantCulture),
        _ => HexPrefix + Convert.ToHexStringLower(bytes),
    };

    private int Stride => (map.ValueSize + 7) & -8;

    private ReadOnlySpan<byte> OfCpu(ReadOnlySpan<byte> bytes, int cpu) => bytes.Slice(cpu * Stride, map.ValueSize);

    private static BtfType? Fitting(BtfSpec? types, uint id, int size) =>
        types is not null && id != 0 && size > 0 && types.TryGetType(new BtfTypeId(id), out BtfType type) ? type : null;

    private static string Text(BtfType? type, ReadOnlySpan<byte> bytes) => type is { } known ? BtfValueFormatter.Format(known, bytes) : Plain(bytes);

    private static JsonElement Json(BtfType? type, ReadOnlySpan<byte> bytes)
    {
        string text = type is { } known ? BtfValueFormatter.Format(known, bytes, BtfValueStyle.Json)
            : bytes.Length is 1 or 2 or 4 or 8 ? Plain(bytes) : $"\"{Plain(bytes)}\"";
        return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 256 }).RootElement;
    }

    private static byte[] Parse(BtfType? type, string text, byte[] bytes, string what)
    {
        try
        {
            if (text.StartsWith(HexPrefix, StringComparison.OrdinalIgnoreCase))
                return Hexadecimal(text[HexPrefix.Length..], bytes);
            if (type is { } known)
                BtfValueParser.Parse(known, text, bytes);
            else
                ParsePlain(text, bytes);
            return bytes;
        }
        catch (FormatException e)
        {
            throw new CommandException(
                $"bad-{what}", $"The {what} '{text}' does not fit the map: {e.Message}",
                type is null ? $"The kernel keeps no type of the {what}s of this map: give a number, a text, or {bytes.Length} bytes as {HexPrefix}{new string('0', Math.Min(2 * bytes.Length, 16))}." :
                $"Give it as p3ebpf map dump shows it, as JSON, or as {bytes.Length} bytes: {HexPrefix}{Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, 8)))}{(bytes.Length > 8 ? "…" : string.Empty)}");
        }
    }

    private static byte[] Hexadecimal(string text, byte[] bytes)
    {
        byte[] given = Convert.FromHexString(text.Replace(" ", string.Empty, StringComparison.Ordinal).Replace(":", string.Empty, StringComparison.Ordinal));
        return given.Length == bytes.Length ? given : throw new FormatException($"it has {given.Length} bytes, not {bytes.Length}.");
    }

    /// <summary>Without a type: a number of as many bytes, or a text.</summary>
    private static void ParsePlain(string text, byte[] bytes)
    {
        if (bytes.Length is 1 or 2 or 4 or 8 && text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] == '-'))
        {
            BtfValueParser.Parse(PlainInteger(bytes.Length, text[0] == '-'), text, bytes);
            return;
        }

        byte[] characters = System.Text.Encoding.UTF8.GetBytes(text.Length > 1 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text);
        if (characters.Length > bytes.Length)
            throw new FormatException($"it has {characters.Length} bytes, and there is room for {bytes.Length}.");
        Array.Clear(bytes);
        characters.CopyTo(bytes, 0);
    }

    private static BtfType PlainInteger(int size, bool isSigned)
    {
        var btf = new BtfBuilder();
        BtfTypeId id = btf.AddInt($"number of {size} bytes", (uint)size, isSigned ? BtfIntEncoding.Signed : BtfIntEncoding.None);
        return BtfSpec.Parse(btf.ToArray())[id];
    }
}
