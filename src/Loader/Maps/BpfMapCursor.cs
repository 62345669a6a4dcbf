namespace P3Ebpf.Loader.Maps;

/// <summary>Walks the entries of a map; <c>foreach</c> works on it. Not for several threads at once.</summary>
/// <remarks>Reads many entries in one system call where the kernel can; a hash table is then walked bucket by bucket, so that
/// removals do not disturb the walk. Elsewhere the next key is fetched before the current entry is handed out.</remarks>
public sealed class BpfMapCursor
{
    private const int TargetBatchBytes = 1 << 16;
    private const int MaximumBatch = 1024;

    private readonly BpfMap _map;
    private readonly int _valueSize;
    private byte[] _keys;
    private byte[] _values;
    private byte[] _position;
    private byte[] _nextPosition;
    private int _capacity;
    private int _count;
    private int _index = -1;
    private State _state = State.FirstBatch;
    private uint _steps;

    internal BpfMapCursor(BpfMap map)
    {
        _map = map;
        _valueSize = map.EntryValueSize;
        _capacity = (int)Math.Clamp(map.MaxEntries, 1, Math.Clamp(TargetBatchBytes / Math.Max(1, map.KeySize + _valueSize), 16, MaximumBatch));
        _keys = new byte[_capacity * map.KeySize];
        _values = new byte[_capacity * _valueSize];

        // Hash tables keep a 32-bit bucket number there, whatever the size of a key.
        _position = new byte[Math.Max(map.KeySize, sizeof(int))];
        _nextPosition = new byte[_position.Length];
    }

    private enum State
    {
        FirstBatch,
        NextBatch,
        LastBatch,
        FirstKey,
        NextKey,
        Done,
    }

    /// <summary>The current entry, valid until the next <see cref="MoveNext"/>.</summary>
    public BpfMapEntry Current => new(
        _keys.AsSpan(_index * _map.KeySize, _map.KeySize), _values.AsSpan(_index * _valueSize, _valueSize));

    /// <summary>The cursor itself.</summary>
    public BpfMapCursor GetEnumerator() => this;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool MoveNext()
    {
        if (++_index < _count)
            return true;

        _index = 0;
        _count = 0;
        while (_count == 0 && _state != State.Done)
        {
            switch (_state)
            {
                case State.FirstBatch or State.NextBatch:
                    ReadBatch();
                    break;
                case State.FirstKey or State.NextKey:
                    ReadEntry();
                    break;
                default:
                    _state = State.Done;
                    break;
            }
        }
        return _count > 0;
    }

    private void ReadBatch()
    {
        int count = _capacity;
        bool first = _state == State.FirstBatch;
        int result = _map.LookupBatch(first ? default : _position, _nextPosition, _keys, _values, ref count);
        switch (result)
        {
            case >= 0 or -Errno.ENOENT:
                _count = count;
                _state = result < 0 ? State.LastBatch : State.NextBatch;
                (_position, _nextPosition) = (_nextPosition, _position);
                break;
            case -Errno.ENOSPC:
                Grow();
                break;
            case -Errno.EINTR:
                break;
            default:
                if (!first || !BpfMap.IsBatchMissing(result))
                    throw new BpfException($"reading the entries of {_map.Description}", -result, BpfCommand.MapLookupBatch);
                _state = State.FirstKey;
                break;
        }
    }

    // A bucket holds more entries than the buffers.
    private void Grow()
    {
        _capacity = checked(_capacity * 2);
        _keys = new byte[checked(_capacity * _map.KeySize)];
        _values = new byte[checked(_capacity * _valueSize)];
    }

    private void ReadEntry()
    {
        bool first = _state == State.FirstKey;
        if (first && !_map.TryGetNextKey(default, _position.AsSpan(0, _map.KeySize)))
        {
            _state = State.Done;
            return;
        }

        // After a removal the kernel may start again from the first key: never hand out more than the map can hold.
        ReadOnlySpan<byte> key = _position.AsSpan(0, _map.KeySize);
        Span<byte> next = _nextPosition.AsSpan(0, _map.KeySize);
        bool more = _map.TryGetNextKey(key, next) && ++_steps < _map.MaxEntries;
        if (_map.TryLookup(key, _values.AsSpan(0, _valueSize)))
        {
            key.CopyTo(_keys);
            _count = 1;
        }
        (_position, _nextPosition) = (_nextPosition, _position);
        _state = more ? State.NextKey : State.LastBatch;
    }
}

/// <summary>A key and its value as bytes.</summary>
public readonly ref struct BpfMapEntry
{
    internal BpfMapEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Key = key;
        Value = value;
    }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value; for per-CPU kinds those of all possible CPUs, each rounded up to 8 bytes.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
