namespace P3Ebpf.Doctor.Log;

/// <summary>The step of loading an object that a message belongs to, in the order of the steps.</summary>
internal enum LogStep
{
    /// <summary>Reading the object file.</summary>
    Open,

    /// <summary>Asking the kernel whether BPF can be used at all.</summary>
    Permission,

    /// <summary>Reading the BTF of the kernel that the object is relocated against.</summary>
    BtfParse,

    /// <summary>Applying the CO-RE relocations.</summary>
    CoreRelocation,

    /// <summary>Loading the object's own BTF into the kernel.</summary>
    BtfLoad,

    /// <summary>Creating the maps.</summary>
    MapCreation,

    /// <summary>Loading the programs: the verifier.</summary>
    ProgramLoad,

    /// <summary>Attaching the programs.</summary>
    Attach,

    /// <summary>The load as a whole; says only that an earlier step failed.</summary>
    Load,
}
