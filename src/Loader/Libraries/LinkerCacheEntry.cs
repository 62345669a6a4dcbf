namespace P3Ebpf.Loader.Libraries;

/// <summary>A library that the dynamic linker's cache lists.</summary>
/// <param name="Path">The file.</param>
/// <param name="Variant">The processor level that it is built for, such as <c>x86-64-v3</c>; <see langword="null"/> for every processor.</param>
internal readonly record struct LinkerCacheEntry(string Path, string? Variant);
