namespace P3Ebpf.Bindings;

/// <summary>A struct of callbacks: its values and programs as properties, which hold until the object is loaded.</summary>
internal static class StructOpsClass
{
    public static ObjectMember Of(BpfMapSpec map, string name, string typeName, CSharpTypes types)
    {
        BpfStructOpsSpec ops = map.StructOps!;
        var writer = new CSharpWriter();
        writer.Open($"public sealed class {typeName}(BpfStructOpsSpec spec)");
        var names = new CSharpNames([typeName, "Spec", .. CSharpNames.OfObject]);
        writer.Member("The whole struct.", "public BpfStructOpsSpec Spec => spec;");
        BtfType type = types.Btf[new BtfTypeId(ops.BtfTypeId)];
        foreach ((BpfStructOpsMemberSpec member, int index) in ops.Members.Select((member, index) => (member, index)))
        {
            if (member.Name.Length == 0 || member.IsBitfield)
                continue;
            string literal = CSharpWriter.Literal(member.Name);
            string summary = CSharpWriter.Code(BtfTypeNames.Declaration(types.Btf, type.Members[index].TypeId, type.Members[index].Name));
            if (member.IsCallback)
            {
                WriteProperty(writer, summary, "BpfProgramSpec?", names.Claim(member.Name), $"spec.Members[{literal}].Program", $"spec.SetProgram({literal}, value)");
            }
            else if (types.Of(type.Members[index].TypeId, $"{name}_{member.Name}") is { } value && value.Size == (uint)member.Size)
            {
                WriteProperty(writer, summary, value.Name, names.Claim(member.Name), $"spec.Get<{value.Name}>({literal})", $"spec.Set({literal}, value)");
            }
        }

        writer.Close();
        return new ObjectMember(
            $"{CSharpWriter.Code(map.Name)}: {CSharpWriter.Code("struct " + ops.TypeName)}, which <see cref=\"Attach\"/> puts into force. Can be changed until the object is loaded.",
            $"public {typeName} {name} => new(Spec.Maps[{CSharpWriter.Literal(map.Name)}].StructOps!);")
        {
            More = new ObjectMember($"The members of {CSharpWriter.Code("struct " + ops.TypeName)}.", writer.ToString().TrimEnd('\n')),
        };
    }

    private static void WriteProperty(CSharpWriter writer, string summary, string type, string name, string get, string set)
    {
        writer.Separate();
        writer.Summary(summary);
        writer.Open($"public {type} {name}");
        writer.Line($"get => {get};");
        writer.Line($"set => {set};");
        writer.Close();
    }
}
