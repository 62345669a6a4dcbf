namespace P3Ebpf.Loader.Buffers;

/// <summary>Turns a record of a buffer into an object.</summary>
/// <typeparam name="T">The object.</typeparam>
/// <param name="record">The record's bytes, valid until the reader returns.</param>
public delegate T BpfRecordReader<out T>(ReadOnlySpan<byte> record);
