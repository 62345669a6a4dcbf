
namespace P3Ebpf.CoRe.Differential;

/// <summary>Makes cases out of a kernel's named types.</summary>
internal sealed class CorpusGenerator
{
    private readonly List<BtfType> _composites = [];
    private readonly List<BtfType> _enums = [];
    private readonly List<BtfType> _others = [];
    private readonly BtfSpec _kernel;

    public CorpusGenerator(BtfSpec kernel)
    {
        _kernel = kernel;
        foreach (BtfType type in kernel.OwnTypes)
        {
            if (type.Name.IsEmpty)
                continue;
            List<BtfType>? list = type.Kind switch
            {
                BtfKind.Struct or BtfKind.Union => _composites,
                BtfKind.Enum or BtfKind.Enum64 => _enums,
                BtfKind.Typedef or BtfKind.Fwd => _others,
                _ => null,
            };
            list?.Add(type);
        }
    }

    /// <summary>Cases for one source.</summary>
    /// <param name="seed">The same seed makes the same cases.</param>
    /// <param name="count">How many.</param>
    /// <param name="mutated">How many percent of the types differ from the kernel's.</param>
    public List<CorpusCase> Generate(ulong seed, int count, int mutated)
    {
        var random = new SeededRandom(seed);
        var names = new CNames(random);
        var sketcher = new TypeSketcher(_kernel, names, random);
        var mutator = new TypeMutator(names, random);
        var writer = new StatementWriter(random);
        var cases = new List<CorpusCase>();
        while (cases.Count < count)
        {
            int share = random.Below(100);
            CType root = sketcher.Sketch(random.Pick(share < 70 ? _composites : share < 84 && _enums.Count > 0 ? _enums : _others));
            if (root is not (CTypedef or CRecord { Tag: not null } or CEnum))
                continue;
            if (random.Chance(mutated))
            {
                for (int i = random.Below(3); i >= 0; i--)
                    mutator.Mutate(root);
            }

            var statements = new List<string>();
            for (int i = random.Below(3); i >= 0; i--)
                statements.AddRange(writer.Write(root));
            cases.Add(new CorpusCase(root, statements));
        }

        return cases;
    }
}
