namespace P3Ebpf.Bindings;

/// <summary>The class of an object. It has no access modifier: another part of it may make it public.</summary>
internal sealed class ObjectClass
{
    private const int BytesPerLine = 40;

    private readonly BpfObjectSpec _spec;
    private readonly string _name;
    private readonly string _file;
    private readonly CSharpNames _names;
    private readonly CSharpTypes? _types;
    private readonly Dictionary<object, string> _memberNames = [];
    private readonly List<string> _disposed = [];

    public ObjectClass(BpfObjectSpec spec, string name, string file)
    {
        _spec = spec;
        _name = name;
        _file = file;
        _names = new CSharpNames(
            [name, .. CSharpNames.OfObject, .. BpfBindings.Vocabulary, "Attach", "Dispose", "GetVariable", "Image", "Load", "LoadAndAttach", "Object", "Open", "SetVariable", "Spec"]);
        if (spec.Btf is not null)
            _types = new CSharpTypes(spec.Btf, spec.ByteOrder == ElfByteOrder.LittleEndian, _names);

        // Members get their names before types do: the tags of C stand in a name space of their own, so that a type may be called like a variable.
        foreach (BpfMapSpec map in spec.Maps.Where(IsShown))
            _memberNames.Add(map, _names.Claim(map.Name, "Map"));
        foreach (BpfProgramSpec program in spec.Programs)
            _memberNames.Add(program, _names.Claim(program.Name, "Program"));
        foreach (BpfVariableSpec variable in spec.Variables.Where(variable => !NamesRecord(variable)))
            _memberNames.Add(variable, _names.Claim(variable.Name, "Variable"));
    }

    public void Write(CSharpWriter writer, ReadOnlySpan<byte> image)
    {
        writer.Summary($"The BPF object {CSharpWriter.Code(_file)}: opened, it can be changed; loaded, it is in the kernel; disposed, it leaves it.");
        writer.Open($"sealed partial class {_name} : IDisposable");
        writer.Line("private BpfObject? _object;");

        List<ObjectMember> members = [.. Maps().Concat(Programs()).Concat(Variables())];
        foreach (string field in members.Select(member => member.Field).OfType<string>())
            writer.Line(field);
        WriteLife(writer);
        foreach (ObjectMember member in members)
            member.Write(writer);
        if (_spec.Variables.Count != 0)
            WriteVariableAccess(writer);
        DeclarePointees();
        _types?.Write(writer);
        WriteImage(writer, image);
        writer.Close();
    }

    private void WriteLife(CSharpWriter writer)
    {
        writer.Separate();
        writer.Line($"private {_name}(BpfObjectSpec spec) => Spec = spec;");
        writer.Member("What the file says. Changes hold for the next load: sizes of maps, what is loaded, where to attach.", "public BpfObjectSpec Spec { get; }");
        writer.Member(
            "The object in the kernel.",
            $"public BpfObject Object => _object ?? throw new InvalidOperationException(\"{_name} is not loaded: call Load first.\");");
        writer.Member(
            "Reads the object that this class holds. It takes no privilege.",
            $"public static {_name} Open() => new(BpfObjectSpec.Parse(Image.ToArray(), {CSharpWriter.Literal(_file)}));");
        writer.Member(
            "Opens, loads and attaches.",
            $$"""
            public static {{_name}} LoadAndAttach(BpfLoadOptions? load = null, BpfAttachOptions? attach = null)
            {
                {{_name}} opened = Open();
                try
                {
                    opened.Load(load);
                    opened.Attach(attach);
                    return opened;
                }
                catch
                {
                    opened.Dispose();
                    throw;
                }
            }
            """);
        writer.Member(
            "Creates the maps, and verifies and loads the programs.",
            $$"""
            public void Load(BpfLoadOptions? options = null)
            {
                if (_object is not null)
                    throw new InvalidOperationException("{{_name}} is loaded already.");
                _object = Spec.Load(options);
            }
            """);
        writer.Member(
            "Attaches the programs where their sections say, and where the options say what those leave open, such as the device of XDP: all of them, or none.",
            "public void Attach(BpfAttachOptions? options = null) => Object.Attach(options);");
        writer.Member(
            "Detaches and unloads what is not pinned.",
            $$"""
            public void Dispose()
            {
            {{string.Concat(_disposed.Select(field => $"    {field}?.Dispose();\n"))}}    _object?.Dispose();
            }
            """);
    }

    private IEnumerable<ObjectMember> Maps()
    {
        foreach (BpfMapSpec map in _spec.Maps.Where(IsShown))
        {
            string name = _memberNames[map];
            if (map.StructOps is not null)
                yield return StructOpsClass.Of(map, name, _names.Claim(map.StructOps.TypeName + "_members"), _types!);
            else
                yield return Typed(map, name);
        }
    }

    /// <summary>What headers for static probes bring along is between them and the loader.</summary>
    private static bool IsShown(BpfMapSpec map) => !map.IsData && !map.Name.StartsWith("__bpf_usdt_", StringComparison.Ordinal);

    private ObjectMember Typed(BpfMapSpec map, string name)
    {
        string found = $"Object.Maps[{CSharpWriter.Literal(map.Name)}]";
        string summary = $"{CSharpWriter.Code(map.Name)}: {map.Type}, {map.MaxEntries} {(map.Type is BpfMapType.Ringbuf or BpfMapType.UserRingbuf ? "bytes" : map.MaxEntries == 1 ? "entry" : "entries")}";
        string field = "_" + char.ToLowerInvariant(name[0]) + name[1..];
        string? type = ViewOf(map, name);
        if (type is null)
            return new ObjectMember($"{summary}.", $"public BpfMap {name} => {found};");
        string view = $"public {type} {name} => {field} ??= new {type}({found});";
        if (map.Type is not (BpfMapType.Ringbuf or BpfMapType.UserRingbuf or BpfMapType.PerfEventArray))
            return new ObjectMember($"{summary}{TypesOf(map)}.", view) { Field = $"private {type}? {field};" };

        _disposed.Add(field);
        if (RecordOf(map.BtfRecordTypeId, map.Name) is not { } record)
            return new ObjectMember($"{summary}.", view) { Field = $"private {type}? {field};" };
        if (map.Type == BpfMapType.UserRingbuf)
        {
            return new ObjectMember($"{summary}, of {CSharpWriter.Code(record.C)}.", view)
            {
                Field = $"private {type}? {field};",
                More = new ObjectMember(
                    $"Writes a record into {CSharpWriter.Code(map.Name)}; false when there is no room until a program has drained it.",
                    $"public bool {_names.Claim($"Try_write_{map.Name}")}(in {record.Name} record) => {name}.TryWrite(in record);"),
            };
        }

        string read = _names.Claim($"Read_{map.Name}_async");
        return new ObjectMember($"{summary}, of {CSharpWriter.Code(record.C)}.", view)
        {
            Field = $"private {type}? {field};",
            More = new ObjectMember(
                $"All records of {CSharpWriter.Code(map.Name)}, those to come as well, until cancelled.",
                $"public IAsyncEnumerable<{record.Name}> {read}(CancellationToken cancellationToken = default) => {name}.ReadAllAsync<{record.Name}>(cancellationToken);"),
        };
    }

    /// <summary>The typed form of a map; <see langword="null"/> where it has none.</summary>
    private string? ViewOf(BpfMapSpec map, string name)
    {
        if (map.Type == BpfMapType.Ringbuf)
            return "BpfRingBuffer";
        if (map.Type == BpfMapType.UserRingbuf)
            return "BpfUserRingBuffer";
        if (map.Type == BpfMapType.PerfEventArray)
            return "BpfPerfBuffer";
        string? view = map.Type switch
        {
            BpfMapType.Hash or BpfMapType.LruHash or BpfMapType.LpmTrie or BpfMapType.Rhash => "BpfHashMap",
            BpfMapType.PercpuHash or BpfMapType.LruPercpuHash => "BpfPerCpuHashMap",
            BpfMapType.Array => "BpfArrayMap",
            BpfMapType.PercpuArray => "BpfPerCpuArrayMap",
            _ => null,
        };
        if (view is null || TypeOf(map.BtfValueTypeId, map.ValueSize, name + "_value") is not { } value)
            return null;
        if (view.EndsWith("ArrayMap", StringComparison.Ordinal))
            return $"{view}<{value}>";
        return TypeOf(map.BtfKeyTypeId, map.KeySize, name + "_key") is { } key ? $"{view}<{key}, {value}>" : null;
    }

    private string? TypeOf(uint btfId, int size, string context)
    {
        CSharpType? type = btfId != 0 ? _types?.Of(new BtfTypeId(btfId), context) : null;
        return (type?.Size == (uint)size ? type : _types?.OfSize(size))?.Name;
    }

    private string TypesOf(BpfMapSpec map)
    {
        if (map.BtfKeyTypeId == 0 || map.BtfValueTypeId == 0 || _spec.Btf is null)
            return string.Empty;
        string value = CSharpWriter.Code(BtfTypeNames.TypeName(_spec.Btf, new BtfTypeId(map.BtfValueTypeId)));
        return map.Type is BpfMapType.Array or BpfMapType.PercpuArray ? $", {value}" : $", {CSharpWriter.Code(BtfTypeNames.TypeName(_spec.Btf, new BtfTypeId(map.BtfKeyTypeId)))} to {value}";
    }

    /// <summary>The struct that the records of a buffer or an iterator are, if the source says it.</summary>
    private (string Name, string C)? RecordOf(uint id, string of) =>
        id != 0 && _spec.Btf![new BtfTypeId(id)] is var record && _types!.Of(record.Id, of + "_record") is { } type
            ? (type.Name, CSharpTypes.TextOf(record))
            : null;

    private BtfType? PointeeOf(BpfVariableSpec variable)
    {
        BtfType type = _spec.Btf!.ResolveModifiers(new BtfTypeId(variable.BtfTypeId));
        if (type.Kind != BtfKind.Ptr)
            return null;
        BtfType pointee = _spec.Btf.ResolveModifiers(type.TargetId);
        return pointee.IsComposite || pointee.IsAnyEnum ? pointee : null;
    }

    /// <summary>Whether a variable is there only to say what the records of a buffer or an iterator are.</summary>
    private bool NamesRecord(BpfVariableSpec variable) =>
        _spec.Maps.Any(map => map.BtfRecordTypeId != 0 && variable.Name == map.Name + "_record")
        || _spec.Programs.Any(program => program.BtfRecordTypeId != 0 && variable.Name == program.Name + "_record");

    /// <summary>A pointer to a struct declares the struct as well: who brings a type into the object this way wants it.</summary>
    private void DeclarePointees()
    {
        foreach (BpfVariableSpec variable in _spec.Variables)
        {
            if (PointeeOf(variable) is { } pointee)
                _ = _types!.Of(pointee.Id, variable.Name + "_target");
        }
    }

    private IEnumerable<ObjectMember> Programs() => _spec.Programs.Select(program => new ObjectMember(
        $"{CSharpWriter.Code(program.Name)}, in section {CSharpWriter.Code(program.SectionName)}.",
        $"public BpfProgram {_memberNames[program]} => Object.Programs[{CSharpWriter.Literal(program.Name)}];")
    {
        More = RecordOf(program.BtfRecordTypeId, program.Name) is { } record ? Walk(program, record) : null,
    });

    private ObjectMember Walk(BpfProgramSpec program, (string Name, string C) record) => new(
        $"Attaches {CSharpWriter.Code(program.Name)}, walks once, and yields what it writes, {CSharpWriter.Code(record.C)} each.",
        $$"""
        public IEnumerable<{{record.Name}}> {{_names.Claim($"Read_{program.Name}")}}(BpfIteratorOptions? options = null)
        {
            using IterLink link = IterLink.Attach({{_memberNames[program]}}, options);
            foreach ({{record.Name}} record in link.ReadAll<{{record.Name}}>())
                yield return record;
        }
        """);

    private IEnumerable<ObjectMember> Variables()
    {
        foreach (BpfVariableSpec variable in _spec.Variables.Where(variable => !NamesRecord(variable)))
        {
            string name = _memberNames[variable];
            CSharpType? type = _types!.Of(new BtfTypeId(variable.BtfTypeId), name + "_type");
            if (type?.Size != (uint)variable.Size)
                continue;
            string literal = CSharpWriter.Literal(variable.Name);
            string declaration = CSharpWriter.Code(BtfTypeNames.Declaration(_spec.Btf!, new BtfTypeId(variable.BtfTypeId), variable.Name));
            string when = variable.Map.IsReadOnly ? " Constant: can be set until the object is loaded." : string.Empty;
            yield return new ObjectMember(
                $"{declaration}, in {CSharpWriter.Code(variable.Map.Name)}.{when}",
                $$"""
                public {{type.Name}} {{name}}
                {
                    get => GetVariable<{{type.Name}}>({{literal}});
                    set => SetVariable({{literal}}, value);
                }
                """);
        }
    }

    private static void WriteVariableAccess(CSharpWriter writer)
    {
        writer.Separate();
        writer.Lines(
            """
            private T GetVariable<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields)] T>(string name)
                where T : unmanaged => _object is null ? Spec.Variables[name].Get<T>() : _object.Variables[name].Get<T>();

            private void SetVariable<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields)] T>(string name, T value)
                where T : unmanaged
            {
                if (_object is null)
                    Spec.Variables[name].Set(value);
                else
                    _object.Variables[name].Set(value);
            }
            """);
    }

    /// <summary>Constant bytes stay in the assembly's file: they cost neither memory nor time until they are read.</summary>
    private static void WriteImage(CSharpWriter writer, ReadOnlySpan<byte> image)
    {
        writer.Separate();
        writer.Line("private static ReadOnlySpan<byte> Image =>");
        writer.Line("[");
        var line = new System.Text.StringBuilder("    ");
        for (int start = 0; start < image.Length; start += BytesPerLine)
        {
            line.Length = 4;
            foreach (byte value in image.Slice(start, Math.Min(BytesPerLine, image.Length - start)))
                _ = line.Append((int)value).Append(',');
            writer.Line(line.ToString());
        }

        writer.Line("];");
    }
}

/// <summary>A member of an object's class, with the field behind it and what else belongs to it.</summary>
/// <param name="Summary">Its documentation, XML.</param>
/// <param name="Declaration">Its text.</param>
internal sealed record ObjectMember(string Summary, string Declaration)
{
    public string? Field { get; init; }

    public ObjectMember? More { get; init; }

    public void Write(CSharpWriter writer)
    {
        writer.Member(Summary, Declaration);
        More?.Write(writer);
    }
}
