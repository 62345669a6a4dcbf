namespace P3Ebpf.Btf;

/// <summary>
/// Whether two graphs of types are the same: assumes that the roots are, and follows what that implies through every reference.
/// A type met again must stand against the same partner as before, which is what ends cycles.
/// </summary>
internal sealed class BtfGraphEquivalence(BtfCanonicalTypes types)
{
    /// <summary>How deep types of one compilation unit are compared that a compiler wrote twice.</summary>
    private const int MaxTwinDepth = 16;

    /// <summary>How many such comparisons may nest and branch altogether.</summary>
    private const int MaxTwinSteps = 10_000;

    private const uint None = uint.MaxValue;
    private readonly uint[] _partners = NewPartners((int)types.Count);
    private readonly List<uint> _touched = [];
    private readonly Stack<(uint Candidate, uint Canonical)> _pending = new();
    private bool _wouldChangeBase;
    private int _twinSteps;

    /// <summary>
    /// Whether a type is equivalent to a canonical one. If so, what the comparison has shown of the types below is kept: forward
    /// declarations are resolved, and structs mapped.
    /// </summary>
    public bool TryFold(uint candidate, uint canonical)
    {
        foreach (uint id in _touched)
            _partners[id] = None;
        _touched.Clear();
        _pending.Clear();
        _wouldChangeBase = false;

        _pending.Push((candidate, canonical));
        while (_pending.Count != 0)
        {
            (uint left, uint right) = _pending.Pop();
            if (!Follow(left, right))
                return false;
        }

        Keep();
        return !_wouldChangeBase;
    }

    private static uint[] NewPartners(int count)
    {
        uint[] partners = new uint[count];
        for (int i = 0; i < count; i++)
            partners[i] = None;
        return partners;
    }

    private bool Follow(uint candidate, uint canonical)
    {
        if (types.Resolve(candidate) == types.Resolve(canonical))
            return true;
        if (!types.MayCompare())
            return false;
        canonical = types.ResolveForward(canonical);
        uint partner = _partners[canonical];
        if (partner != None)
        {
            _twinSteps = 0;
            return partner == candidate || AreTwins(partner, candidate, MaxTwinDepth);
        }

        _partners[canonical] = candidate;
        _touched.Add(canonical);

        Span<uint> left = types[candidate];
        Span<uint> right = types[canonical];
        if (types.Name(candidate) != types.Name(canonical))
            return false;
        BtfKind kind = types.Kind(candidate);
        BtfKind canonicalKind = types.Kind(canonical);
        if (kind != canonicalKind)
            return FollowForward(candidate, canonical);
        switch (kind)
        {
            case BtfKind.Enum or BtfKind.Enum64:
                return BtfRecordEquality.CompatibleEnums(left, right);
            case BtfKind.Var or BtfKind.DataSec or BtfKind.DeclTag:
                return false;
        }

        if (!BtfRecordEquality.EqualExceptIds(left, right))
            return false;

        // Pushed backwards, so that they are met in their order.
        BtfCanonicalTypes.References ours = types.ReferencesOf(candidate);
        BtfCanonicalTypes.References theirs = types.ReferencesOf(canonical);
        for (int i = ours.Count - 1; i >= 0; i--)
            _pending.Push((ours[i], theirs[i]));
        return true;
    }

    /// <summary>Whether one is a forward declaration of the other.</summary>
    private bool FollowForward(uint candidate, uint canonical)
    {
        if (types.Kind(candidate) == BtfKind.Fwd)
            return types.ForwardKind(candidate) == types.Kind(canonical);
        if (types.Kind(canonical) != BtfKind.Fwd || types.ForwardKind(canonical) != types.Kind(candidate))
            return false;
        _wouldChangeBase |= canonical < types.FirstOwnId;
        return true;
    }

    /// <summary>Whether two types of the same compilation unit are the same written twice, as compilers do with arrays and their like.</summary>
    private bool AreTwins(uint first, uint second, int depth)
    {
        if (first == second)
            return true;
        if (depth == 0 || ++_twinSteps > MaxTwinSteps || !types.MayCompare())
            return false;
        Span<uint> left = types[first];
        Span<uint> right = types[second];
        if (BtfRecordEquality.IsEnum(types.Info(first)) && types.Kind(first) == types.Kind(second))
            return BtfRecordEquality.CompatibleEnums(left, right);
        if (types.Kind(first) is BtfKind.Var or BtfKind.DataSec or BtfKind.DeclTag || !BtfRecordEquality.EqualExceptIds(left, right))
            return false;
        BtfCanonicalTypes.References ours = types.ReferencesOf(first);
        BtfCanonicalTypes.References theirs = types.ReferencesOf(second);
        for (int i = 0; i < ours.Count; i++)
        {
            if (!AreTwins(ours[i], theirs[i], depth - 1))
                return false;
        }

        return true;
    }

    private void Keep()
    {
        foreach (uint touched in _touched)
        {
            uint canonical = types.Resolve(touched);
            uint candidate = types.Resolve(_partners[touched]);
            BtfKind canonicalKind = types.Kind(canonical);
            BtfKind candidateKind = types.Kind(candidate);

            // A forward declaration may stand for a struct that is not mapped itself yet: it will be, and Resolve follows.
            if (candidateKind == BtfKind.Fwd && canonicalKind != BtfKind.Fwd)
                types.Map(candidate, canonical);
            else if (canonicalKind == BtfKind.Fwd && candidateKind != BtfKind.Fwd && !_wouldChangeBase)
                types.Map(canonical, candidate);

            if (candidateKind is BtfKind.Struct or BtfKind.Union && canonicalKind != BtfKind.Fwd && types.IsMapped(canonical) && !types.IsMapped(candidate))
                types.Map(candidate, canonical);
        }
    }
}
