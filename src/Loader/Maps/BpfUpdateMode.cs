namespace P3Ebpf.Loader.Maps;

/// <summary>What an update demands of the key.</summary>
public enum BpfUpdateMode : ulong
{
    /// <summary>Creates the entry or replaces it.</summary>
    Any = 0,

    /// <summary>Creates the entry; an existing key is an error (EEXIST).</summary>
    NoExist = 1,

    /// <summary>Replaces the entry; a missing key is an error (ENOENT).</summary>
    Exist = 2,
}
