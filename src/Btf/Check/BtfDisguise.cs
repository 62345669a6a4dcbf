namespace P3Ebpf.Btf;

/// <summary>What data that is not BTF looks like.</summary>
/// <param name="Code">The finding's code.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Action">What to do.</param>
/// <param name="Original">The BTF that the data was made of, where that can be undone exactly.</param>
internal sealed record BtfDisguise(string Code, string Message, string Action, byte[]? Original = null);
