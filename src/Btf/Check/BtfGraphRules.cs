using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>
/// Finds types that contain themselves and types that are nested deeper than a kernel follows. Two graphs, as in kernel/bpf/btf.c:
/// what a value is made of (a pointer ends it), and what a chain of pointers leads to (a struct, union or array ends it).
/// </summary>
internal sealed class BtfGraphRules(BtfRecordTable table, BtfFindingList findings)
{
    /// <summary>MAX_RESOLVE_DEPTH of kernel/bpf/btf.c.</summary>
    private const int MaxDepth = 32;

    private const byte Open = 1;
    private const byte Closed = 2;

    private byte[] _state = [];
    private int[] _stack = [];
    private int[] _nextChild = [];
    private int _depth;

    public void Run()
    {
        _stack = new int[64];
        _nextChild = new int[64];
        Search(throughPointers: false);
        Search(throughPointers: true);
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void Search(bool throughPointers)
    {
        _state = new byte[table.Count];
        for (int root = 0; root < table.Count; root++)
        {
            if (_state[root] != 0 || !IsInner(root, throughPointers))
                continue;
            bool isDeep = false;
            Push(root);
            while (_depth > 0)
            {
                int node = _stack[_depth - 1];
                int child = NextChild(node, _nextChild[_depth - 1]++);
                if (child < 0)
                {
                    _state[node] = Closed;
                    _depth--;
                }
                else if (IsOwn(child, out int index) && IsInner(index, throughPointers))
                {
                    if (_state[index] == Open)
                        ReportCycle(node, index, throughPointers);
                    else if (_state[index] == 0)
                        Push(index);
                    isDeep |= _depth > MaxDepth;
                }
            }

            if (isDeep)
            {
                findings.Add(
                    BtfFindingCodes.TooDeep, BtfFindingSeverity.Warning, table.Offset(root), table.Id(root),
                    "types are nested deeper here than the {0} levels that a kernel follows", MaxDepth);
            }
        }
    }

    /// <summary>Whether the search goes on through a type.</summary>
    private bool IsInner(int index, bool throughPointers) => BtfRecordLayout.Kind(table.Info(index)) switch
    {
        BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag => true,
        BtfKind.Ptr => throughPointers,
        BtfKind.Struct or BtfKind.Union or BtfKind.Array or BtfKind.Var => !throughPointers,
        _ => false,
    };

    /// <returns>The id to which a type refers in its number-th place, as an int; -1 where there are no more.</returns>
    private int NextChild(int node, int number)
    {
        uint info = table.Info(node);
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        return number < layout.TypeIdCount(BtfRecordLayout.Vlen(info))
            ? (int)Math.Min(table.Image.UInt32(table.Offset(node) + layout.TypeIdOffset(number)), int.MaxValue)
            : -1;
    }

    private bool IsOwn(int id, out int index)
    {
        index = (int)(id - table.FirstId);
        return index >= 0 && index < table.Count;
    }

    private void Push(int index)
    {
        if (_depth == _stack.Length)
        {
            Array.Resize(ref _stack, _depth * 2);
            Array.Resize(ref _nextChild, _depth * 2);
        }

        _state[index] = Open;
        _nextChild[_depth] = 0;
        _stack[_depth++] = index;
    }

    private void ReportCycle(int from, int to, bool throughPointers)
    {
        // A circle of typedefs and qualifiers alone shows up in both graphs.
        if (throughPointers && !HasPointer(to))
            return;
        findings.Add(
            BtfFindingCodes.Cycle, BtfFindingSeverity.Warning, table.Offset(from), table.Id(from),
            throughPointers ? "nothing but pointers and typedefs leads from type {0} back to itself" : "type {0} contains itself", table.FirstId + (uint)to);
    }

    private bool HasPointer(int first)
    {
        for (int i = _depth - 1; i >= 0; i--)
        {
            if (BtfRecordLayout.Kind(table.Info(_stack[i])) == BtfKind.Ptr)
                return true;
            if (_stack[i] == first)
                return false;
        }

        return false;
    }
}
