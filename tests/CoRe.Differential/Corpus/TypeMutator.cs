using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Makes of a kernel's type what another kernel might have had in its place.</summary>
internal sealed class TypeMutator(CNames names, SeededRandom random)
{
    private static readonly string[] Integers =
    [
        "_Bool", "char", "signed char", "unsigned char", "signed short", "unsigned short", "signed int", "unsigned int",
        "signed long long", "unsigned long long", "unsigned long",
    ];

    private int _inserted;

    /// <summary>Changes a type and the types in it, about one thing each.</summary>
    public void Mutate(CType type)
    {
        switch (type.Stripped)
        {
            case CArray array:
                Mutate(array.Element);
                break;
            case CRecord { IsForward: false } record:
                foreach (CMember member in record.Members.ToArray())
                {
                    if (random.Chance(40))
                        Mutate(member.Type);
                }

                Change(record);
                break;
        }
    }

    private void Change(CRecord record)
    {
        List<CMember> members = record.Members;
        if (members.Count == 0)
            return;
        int at = random.Below(members.Count);
        CMember member = members[at];
        switch (random.Below(12))
        {
            case 0:
                random.Shuffle(members);
                break;
            case 1:
                members.Insert(at, new CMember(NewName("pad"), new CArray(new CScalar("char", isInteger: true), (uint)random.Below(60) + 1)));
                break;
            case 2 when member.Name.Length > 0:
                members[at] = member with { Name = member.Name + "_gone" };
                break;
            case 3 when member.Name.Length > 0:
                members[at] = member with { Type = OtherType(), Bits = 0 };
                break;
            case 4 or 5:
                Wrap(members, at, name: string.Empty);
                break;
            case 6:
                Wrap(members, at, NewName("part"));
                break;
            case 7 when member is { Name: "", Type: CRecord anonymous }:
                members.RemoveAt(at);
                members.InsertRange(at, anonymous.Members);
                break;
            case 8:
                record.IsUnion = !record.IsUnion;
                if (record.Tag is { } tag)
                    record.Tag = names.Flavor(tag);
                break;
            case 9 when member.Type.Stripped is CArray array:
                members[at] = member with { Type = new CArray(array.Element, random.Pick<uint>([0, 1, 2, array.Length + 3, array.Length / 2])) };
                break;
            case 9 when member is { Name.Length: > 0, Bits: 0 }:
                members[at] = member with { Type = new CArray(member.Type, (uint)random.Below(4)) };
                break;
            case 10 when member.Type.Stripped is CScalar { IsInteger: true } integer:
                members[at] = member with { Bits = member.Bits > 0 && random.Chance(40) ? 0 : random.Below(integer.Bits) + 1 };
                break;
            case 11 when member is { Name.Length: > 0, Type: CScalar, Bits: 0 }:
                members[at] = member with { Type = new CVolatile(member.Type) };
                break;
        }
    }

    private void Wrap(List<CMember> members, int at, string name)
    {
        int count = random.Below(Math.Min(3, members.Count - at)) + 1;
        var wrapped = new CRecord(random.Chance(30), tag: null);
        wrapped.Members.AddRange(members.GetRange(at, count));
        members.RemoveRange(at, count);
        members.Insert(at, new CMember(name, wrapped));
    }

    private CType OtherType()
    {
        switch (random.Below(10))
        {
            case 0:
                return new CScalar("void *@", isInteger: false);
            case 1:
                return new CArray(new CScalar(random.Pick(Integers), isInteger: true), (uint)random.Below(5));
            case 2:
                var record = new CRecord(random.Chance(50), random.Chance(50) ? names.Flavor(NewName("other")) : null);
                record.Members.Add(new CMember("value", new CScalar(random.Pick(Integers), isInteger: true)));
                return record;
            case 3:
                return new CEnum(names.Flavor(NewName("choice")), [new CEnumerator(names.Flavor(NewName("VALUE")), "1")]);
            case 4:
                return new CScalar(random.Chance(50) ? "double" : "float", isInteger: false);
            default:
                return new CScalar(random.Pick(Integers), isInteger: true);
        }
    }

    private string NewName(string stem) => string.Create(CultureInfo.InvariantCulture, $"{stem}_{++_inserted}_");
}
