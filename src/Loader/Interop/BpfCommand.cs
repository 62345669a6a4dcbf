namespace P3Ebpf.Loader.Interop;

/// <summary>The commands of bpf(2), <c>enum bpf_cmd</c> of include/uapi/linux/bpf.h.</summary>
public enum BpfCommand
{
    /// <summary>Creates a map.</summary>
    MapCreate = 0,

    /// <summary>Reads the value of a key.</summary>
    MapLookupElem = 1,

    /// <summary>Writes the value of a key.</summary>
    MapUpdateElem = 2,

    /// <summary>Removes a key.</summary>
    MapDeleteElem = 3,

    /// <summary>Finds the key after a key.</summary>
    MapGetNextKey = 4,

    /// <summary>Verifies and loads a program.</summary>
    ProgLoad = 5,

    /// <summary>Gives a map, program or link a name in bpffs.</summary>
    ObjPin = 6,

    /// <summary>Opens what is pinned under a name.</summary>
    ObjGet = 7,

    /// <summary>Attaches a program without a link.</summary>
    ProgAttach = 8,

    /// <summary>Detaches a program that was attached without a link.</summary>
    ProgDetach = 9,

    /// <summary>Runs a program on given input; also known as PROG_RUN.</summary>
    ProgTestRun = 10,

    /// <summary>Finds the next program id.</summary>
    ProgGetNextId = 11,

    /// <summary>Finds the next map id.</summary>
    MapGetNextId = 12,

    /// <summary>Opens a program by id.</summary>
    ProgGetFdById = 13,

    /// <summary>Opens a map by id.</summary>
    MapGetFdById = 14,

    /// <summary>Describes a map, program, link or BTF.</summary>
    ObjGetInfoByFd = 15,

    /// <summary>Lists the programs attached at a place.</summary>
    ProgQuery = 16,

    /// <summary>Attaches to a raw tracepoint.</summary>
    RawTracepointOpen = 17,

    /// <summary>Verifies and loads BTF.</summary>
    BtfLoad = 18,

    /// <summary>Opens a BTF by id.</summary>
    BtfGetFdById = 19,

    /// <summary>Tells which probe a perf event descriptor of a task is.</summary>
    TaskFdQuery = 20,

    /// <summary>Reads and removes a key, or pops a queue or stack.</summary>
    MapLookupAndDeleteElem = 21,

    /// <summary>Makes a map read-only for user space, for good. Linux 5.2.</summary>
    MapFreeze = 22,

    /// <summary>Finds the next BTF id.</summary>
    BtfGetNextId = 23,

    /// <summary>Reads many entries. Linux 5.6.</summary>
    MapLookupBatch = 24,

    /// <summary>Reads and removes many entries. Linux 5.6.</summary>
    MapLookupAndDeleteBatch = 25,

    /// <summary>Writes many entries. Linux 5.6.</summary>
    MapUpdateBatch = 26,

    /// <summary>Removes many entries. Linux 5.6.</summary>
    MapDeleteBatch = 27,

    /// <summary>Attaches a program and returns the link. Linux 5.7.</summary>
    LinkCreate = 28,

    /// <summary>Replaces the program of a link. Linux 5.7.</summary>
    LinkUpdate = 29,

    /// <summary>Opens a link by id. Linux 5.8.</summary>
    LinkGetFdById = 30,

    /// <summary>Finds the next link id. Linux 5.8.</summary>
    LinkGetNextId = 31,

    /// <summary>Counts run time of programs while the returned descriptor is open. Linux 5.8.</summary>
    EnableStats = 32,

    /// <summary>Opens a readable instance of an iterator link. Linux 5.8.</summary>
    IterCreate = 33,

    /// <summary>Detaches a link that stays open. Linux 5.9.</summary>
    LinkDetach = 34,

    /// <summary>Ties a map's lifetime to a program. Linux 5.10.</summary>
    ProgBindMap = 35,

    /// <summary>Makes a token of delegated rights. Linux 6.9.</summary>
    TokenCreate = 36,

    /// <summary>Reads a program's output streams. Linux 6.17.</summary>
    ProgStreamReadByFd = 37,

    /// <summary>Associates a program with a struct_ops map. Linux 7.0.</summary>
    ProgAssocStructOps = 38,
}
