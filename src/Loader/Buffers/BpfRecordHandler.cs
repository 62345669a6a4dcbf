namespace P3Ebpf.Loader.Buffers;

/// <summary>Looks at a record of a buffer, in place.</summary>
/// <param name="record">The record's bytes, valid until the handler returns.</param>
public delegate void BpfRecordHandler(ReadOnlySpan<byte> record);
