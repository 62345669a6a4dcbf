using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace P3Ebpf.Layers.Tests;

/// <summary>Which namespaces of an assembly know which others of it: by base types, signatures of members, and what code refers to.</summary>
internal sealed class NamespaceGraph
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value & 0xffff, code => code.OperandType);

    private readonly MetadataReader _reader;
    private readonly HashSet<(string From, string To, string Types)> _links = [];
    private readonly Dictionary<string, SortedSet<string>> _known = new(StringComparer.Ordinal);

    private NamespaceGraph(PEReader image)
    {
        _reader = image.GetMetadataReader();
        foreach (TypeDefinitionHandle handle in _reader.TypeDefinitions)
            Visit(image, handle);
    }

    /// <summary>The namespaces that a namespace knows, itself left out.</summary>
    public IReadOnlyDictionary<string, SortedSet<string>> Known => _known;

    /// <summary>The types by which one namespace knows another: <c>BpfMap → KernelCpus</c>.</summary>
    public IEnumerable<string> Between(string from, string to) => _links.Where(link => link.From == from && link.To == to).Select(link => link.Types);

    public static NamespaceGraph Of(string assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        return new NamespaceGraph(image);
    }

    /// <summary>Namespaces that know each other, over others or directly; none where all dependencies point one way.</summary>
    public IEnumerable<string> Circles() => _known.Keys.Where(name => Reachable(name).Contains(name)).Order(StringComparer.Ordinal);

    private HashSet<string> Reachable(string start)
    {
        HashSet<string> reached = [];
        var pending = new Queue<string>(_known[start]);
        while (pending.TryDequeue(out string? name))
        {
            if (reached.Add(name) && _known.TryGetValue(name, out SortedSet<string>? next))
                foreach (string each in next)
                    pending.Enqueue(each);
        }

        return reached;
    }

    private void Visit(PEReader image, TypeDefinitionHandle handle)
    {
        TypeDefinition type = _reader.GetTypeDefinition(handle);
        string from = NamespaceOf(handle);
        if (from.Length == 0)
            return;
        HashSet<TypeDefinitionHandle> seen = [];
        var collector = new Collector(_reader, seen);
        collector.Add(type.BaseType);
        foreach (InterfaceImplementationHandle each in type.GetInterfaceImplementations())
            collector.Add(_reader.GetInterfaceImplementation(each).Interface);
        foreach (FieldDefinitionHandle each in type.GetFields())
            _ = _reader.GetFieldDefinition(each).DecodeSignature(collector, null);
        foreach (MethodDefinitionHandle each in type.GetMethods())
        {
            MethodDefinition method = _reader.GetMethodDefinition(each);
            _ = method.DecodeSignature(collector, null);
            if (method.RelativeVirtualAddress == 0)
                continue;
            MethodBodyBlock body = image.GetMethodBody(method.RelativeVirtualAddress);
            if (!body.LocalSignature.IsNil)
                _ = _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(collector, null);
            VisitCode(body.GetILReader(), collector);
        }

        if (!_known.TryGetValue(from, out SortedSet<string>? known))
            _known.Add(from, known = new SortedSet<string>(StringComparer.Ordinal));
        foreach (TypeDefinitionHandle other in seen)
        {
            if (NamespaceOf(other) is { Length: > 0 } to && to != from)
            {
                _ = known.Add(to);
                _ = _links.Add((from, to, $"{NameOf(handle)} → {NameOf(other)}"));
            }
        }
    }

    private static void VisitCode(BlobReader code, Collector collector)
    {
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            if (value == 0xfe)
                value = 0xfe00 | code.ReadByte();
            switch (Operands[value])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    collector.Add(System.Reflection.Metadata.Ecma335.MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += sizeof(int) * targets;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += sizeof(long);
                    break;
                case OperandType.InlineVar:
                    code.Offset += sizeof(short);
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset++;
                    break;
                case OperandType.InlineNone:
                    break;
                default:
                    code.Offset += sizeof(int);
                    break;
            }
        }
    }

    private string NameOf(TypeDefinitionHandle handle) => _reader.GetString(_reader.GetTypeDefinition(Outermost(handle)).Name);

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        for (TypeDefinitionHandle outer = handle; !outer.IsNil; outer = _reader.GetTypeDefinition(outer).GetDeclaringType())
            handle = outer;
        return handle;
    }

    /// <summary>Nested types have no namespace of their own.</summary>
    private string NamespaceOf(TypeDefinitionHandle handle)
    {
        string name = _reader.GetString(_reader.GetTypeDefinition(Outermost(handle)).Namespace);
        return name.StartsWith("P3Ebpf", StringComparison.Ordinal) ? name : string.Empty;
    }

    /// <summary>Gathers the types of the assembly that signatures and tokens refer to.</summary>
    private sealed class Collector(MetadataReader reader, HashSet<TypeDefinitionHandle> seen) : ISignatureTypeProvider<int, object?>
    {
        public void Add(EntityHandle handle)
        {
            if (handle.IsNil)
                return;
            switch (handle.Kind)
            {
                case HandleKind.TypeDefinition:
                    _ = seen.Add((TypeDefinitionHandle)handle);
                    break;
                case HandleKind.TypeSpecification:
                    _ = reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                    break;
                case HandleKind.MethodDefinition:
                    _ = seen.Add(reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                    break;
                case HandleKind.FieldDefinition:
                    _ = seen.Add(reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                    break;
                case HandleKind.MemberReference:
                    Add(reader.GetMemberReference((MemberReferenceHandle)handle).Parent);
                    break;
                case HandleKind.MethodSpecification:
                    MethodSpecification method = reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                    Add(method.Method);
                    _ = method.DecodeSignature(this, null);
                    break;
            }
        }

        public int GetTypeFromDefinition(MetadataReader metadata, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            _ = seen.Add(handle);
            return 0;
        }

        public int GetTypeFromSpecification(MetadataReader metadata, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
            metadata.GetTypeSpecification(handle).DecodeSignature(this, context);

        public int GetTypeFromReference(MetadataReader metadata, TypeReferenceHandle handle, byte rawTypeKind) => 0;

        public int GetArrayType(int elementType, ArrayShape shape) => 0;

        public int GetByReferenceType(int elementType) => 0;

        public int GetFunctionPointerType(MethodSignature<int> signature) => 0;

        public int GetGenericInstantiation(int genericType, ImmutableArray<int> typeArguments) => 0;

        public int GetGenericMethodParameter(object? context, int index) => 0;

        public int GetGenericTypeParameter(object? context, int index) => 0;

        public int GetModifiedType(int modifier, int unmodifiedType, bool isRequired) => 0;

        public int GetPinnedType(int elementType) => 0;

        public int GetPointerType(int elementType) => 0;

        public int GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

        public int GetSZArrayType(int elementType) => 0;
    }
}
