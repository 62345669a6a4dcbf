using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Writes statements that ask something of a type: one relocation, or a few, on one line each.</summary>
internal sealed class StatementWriter(SeededRandom random)
{
    private const int ByteOffset = 0;
    private const int ByteSize = 1;
    private const int FieldExists = 2;
    private const int Signed = 3;
    private const int LeftShift = 4;
    private const int RightShift = 5;

    /// <summary>One or more statements about a type.</summary>
    public IEnumerable<string> Write(CType root)
    {
        CType type = root.Stripped;
        if (type is CEnum { Enumerators.Count: > 0 } enumeration && random.Chance(75))
            return [Enumerator(root, random.Pick(enumeration.Enumerators))];
        if (type is CRecord { IsForward: false } record && random.Chance(88) && record.Visible().Any())
            return Field(root, record);
        return [OfType(root)];
    }

    private static string Use(string expression) => $"USE({expression});";

    private static string Info(string field, int what) => Use(string.Create(CultureInfo.InvariantCulture, $"__builtin_preserve_field_info({field}, {what})"));

    private string OfType(CType type)
    {
        int what = random.Below(5);
        return Use(what < 3
            ? string.Create(CultureInfo.InvariantCulture, $"__builtin_preserve_type_info(*({type.Declare("*")})0, {what})")
            : string.Create(CultureInfo.InvariantCulture, $"__builtin_btf_type_id(*({type.Declare("*")})0, {what - 3})"));
    }

    private string Enumerator(CType type, CEnumerator enumerator) =>
        Use(string.Create(CultureInfo.InvariantCulture, $"__builtin_preserve_enum_value(*({type.Declare("*")}){enumerator.Name}, {random.Below(2)})"));

    private IEnumerable<string> Field(CType root, CRecord record)
    {
        int index = random.Chance(90) ? 0 : random.Below(4) + 1;
        string path = index == 0 ? $"P({root.Name})->" : string.Create(CultureInfo.InvariantCulture, $"P({root.Name})[{index}].");
        CMember member = random.Pick(record.Visible().ToArray());
        path += member.Name;
        CType type = member.Type.Stripped;
        bool isElement = false;
        for (; ; )
        {
            if (type is CArray array && random.Chance(75))
            {
                int end = array.Length == 0 ? 6 : (int)Math.Min(array.Length + (random.Chance(4) ? 3 : 0), 1 << 20);
                path += string.Create(CultureInfo.InvariantCulture, $"[{random.Below(end)}]");
                type = array.Element.Stripped;
                isElement = true;
            }
            else if (type is CRecord { IsForward: false } nested && random.Chance(80) && nested.Visible().Any())
            {
                member = random.Pick(nested.Visible().ToArray());
                path += "." + member.Name;
                type = member.Type.Stripped;
                isElement = false;
            }
            else
            {
                break;
            }
        }

        if (!isElement && member.Bits > 0)
            return Bitfield(path);
        return [index > 0 ? Use($"__builtin_preserve_access_index(&{path})") : Value(path, type, isElement)];
    }

    /// <summary>Everything that reads a bitfield, as BPF_CORE_READ_BITFIELD does; and perhaps what may be asked besides.</summary>
    private IEnumerable<string> Bitfield(string path)
    {
        foreach (int what in (int[])[ByteOffset, ByteSize, LeftShift, RightShift])
            yield return Info(path, what);
        if (random.Chance(50))
            yield return Info(path, random.Chance(50) ? FieldExists : Signed);
        if (random.Chance(20))
            yield return Use(path);
    }

    private string Value(string path, CType type, bool isElement) => (random.Below(6), type) switch
    {
        (0 or 1, CScalar { IsFloat: false } or CEnum) => Use(path),
        (2, CScalar { IsPointer: true }) => $"{path} = (void *)0;",
        (3, CScalar { IsPointer: true }) => $"{path} = (void *)V;",
        (2, CScalar or CEnum) => $"{path} = 1;",
        (3, CScalar { IsFloat: false } or CEnum) => $"{path} = ({type.Name})V;",
        (0 or 1, CArray { Element.Stripped: CScalar { IsFloat: false } }) => Use("*" + path),
        (2, CArray { Element.Stripped: CScalar { IsFloat: false, IsPointer: false } }) => $"*{path} = 1;",
        (4, _) => Use($"__builtin_preserve_access_index(&{path})"),
        _ => Info(path, random.Below(isElement && random.Chance(97) ? FieldExists + 1 : KindsOf(type))),
    };

    /// <summary>The compiler refuses to ask for the sign or the shifts of what has none.</summary>
    private static int KindsOf(CType type) => type is CEnum or CScalar { IsInteger: true } ? RightShift + 1 : FieldExists + 1;
}
