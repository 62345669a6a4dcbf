namespace P3Ebpf.Btf;

/// <summary>One thing that a check found.</summary>
/// <param name="Code">What was found: one of <see cref="BtfFindingCodes"/>. Stable; scripts may depend on it.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Offset">Where: bytes from the start of the data; -1 where no place applies.</param>
/// <param name="TypeId">The type concerned; <see cref="BtfTypeId.Void"/> where none is, or where damage before it leaves its id unknown.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Action">What to do about it, where that is clear.</param>
public sealed record BtfFinding(string Code, BtfFindingSeverity Severity, long Offset, BtfTypeId TypeId, string Message, string? Action = null);
