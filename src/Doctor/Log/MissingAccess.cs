using System.Text.RegularExpressions;

namespace P3Ebpf.Doctor.Log;

/// <summary>The CO-RE relocation of which a log says that it found nothing, as libbpf and the verifier write it: <c>&lt;byte_off&gt; [5] struct task_struct.static_priority (0:0 @ offset 0)</c>.</summary>
/// <param name="Text">Type and members, joined by dots: <c>struct task_struct.static_priority</c>.</param>
internal sealed partial record MissingAccess(string Text)
{
    private const int MostSimilar = 3;

    /// <summary>The last that the log names; <see langword="null"/> where it names none.</summary>
    public static MissingAccess? In(string log) => Relocation().Matches(log) is { Count: > 0 } found ? new MissingAccess(found[^1].Groups[1].Value) : null;

    /// <summary>What some types have instead, as a sentence; <see langword="null"/> where nothing is like it, or where they have all of it.</summary>
    public string? Suggest(BtfSpec types)
    {
        Match path = Path().Match(Text);
        if (!path.Success)
            return null;
        BtfKind kind = path.Groups[1].Value == "union" ? BtfKind.Union : BtfKind.Struct;
        string[] names = path.Groups[2].Value.Split('.');
        string type = Flavor().Replace(names[0], string.Empty);
        if (!types.TryFind(type, kind, out BtfType container))
            return Sentence($"there is no {path.Groups[1].Value} {type}", BtfNameDistance.FindSimilar(types, type, kind, MostSimilar));
        foreach (string name in names.Skip(1))
        {
            string member = name.Split('[')[0];
            List<BtfMember> members = [];
            Collect(container, members, depth: 0);
            BtfMember[] found = [.. members.Where(each => each.Name.ToString() == member)];
            if (found.Length == 0)
                return Sentence($"{path.Groups[1].Value} {container.Name} has no {member}", Like(member, members));
            container = types.ResolveModifiers(found[0].TypeId);
            if (!container.IsComposite)
                return null;
        }

        return null;
    }

    private static string? Sentence(string missing, IReadOnlyList<string> near) => near.Count == 0 ? null : $"{missing}; it has {string.Join(", ", near)}, which may be meant";

    private static string[] Like(string member, List<BtfMember> members)
    {
        byte[] wanted = System.Text.Encoding.UTF8.GetBytes(member);
        return
        [
            .. members.Select(each => (Name: each.Name.ToString(), Distance: BtfNameDistance.Between(wanted, each.Name.Bytes))).Where(each => each.Distance != BtfNameDistance.Unlike)
                .OrderBy(each => each.Distance).Select(each => each.Name).Distinct().Take(MostSimilar),
        ];
    }

    /// <summary>The members that can be named: those of unnamed members are as if they stood there themselves.</summary>
    private static void Collect(BtfType container, List<BtfMember> members, int depth)
    {
        foreach (BtfMember each in container.Members)
        {
            if (!each.Name.IsEmpty)
                members.Add(each);
            else if (depth < 8 && container.Spec.ResolveModifiers(each.TypeId) is { IsComposite: true } inner)
                Collect(inner, members, depth + 1);
        }
    }

    // Not from the right: each letter of a long word would be looked at from every place in it.
    [GeneratedRegex(@"<(?:byte_off|byte_sz|signed|lshift_u64|rshift_u64)> \[\d{1,10}\] ((?:struct|union) [\w.\[\]]+)")]
    private static partial Regex Relocation();

    [GeneratedRegex(@"^(struct|union) ([\w.\[\]]+)$")]
    private static partial Regex Path();

    // struct task_struct___old stands for task_struct.
    [GeneratedRegex("___.*$")]
    private static partial Regex Flavor();
}
