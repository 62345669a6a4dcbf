namespace P3Ebpf.Btf;

/// <summary>The codes of <see cref="BtfFinding"/>. They do not change; later versions may add some.</summary>
public static class BtfFindingCodes
{
    // The file as a whole.
    /// <summary>Shorter than the smallest header.</summary>
    public const string TooSmall = "too-small";

    /// <summary>The data does not begin with the magic number; another finding says what it looks like.</summary>
    public const string BadMagic = "bad-magic";

    /// <summary>An ELF file: its BTF, if it has any, is in its section .BTF.</summary>
    public const string ElfFile = "elf-file";

    /// <summary>Compressed with gzip.</summary>
    public const string GzipFile = "gzip-file";

    /// <summary>Compressed with xz.</summary>
    public const string XzFile = "xz-file";

    /// <summary>Compressed with zstd.</summary>
    public const string ZstdFile = "zstd-file";

    /// <summary>Compressed with bzip2.</summary>
    public const string Bzip2File = "bzip2-file";

    /// <summary>Compressed with lz4.</summary>
    public const string Lz4File = "lz4-file";

    /// <summary>A zip, tar or ar archive, such as a Debian package.</summary>
    public const string ArchiveFile = "archive-file";

    /// <summary>A web page, often the error page of a download.</summary>
    public const string HtmlPage = "html-page";

    /// <summary>The stand-in for a file kept in Git LFS.</summary>
    public const string LfsPointer = "lfs-pointer";

    /// <summary>Text.</summary>
    public const string TextFile = "text-file";

    /// <summary>It begins with the byte order mark of UTF-8.</summary>
    public const string Utf8Bom = "utf8-bom";

    /// <summary>UTF-16 text.</summary>
    public const string Utf16Text = "utf16-text";

    /// <summary>The bytes went through a text API that read them as text and wrote them as UTF-8.</summary>
    public const string Utf8Reencoded = "utf8-reencoded";

    /// <summary>BTF written as base64.</summary>
    public const string Base64Text = "base64-text";

    /// <summary>BTF written in hexadecimal digits.</summary>
    public const string HexText = "hex-text";

    /// <summary>BTF begins at a later offset.</summary>
    public const string BtfInside = "btf-inside";

    /// <summary>The contents of a .BTF.ext section, which has the same magic number.</summary>
    public const string BtfExt = "btf-ext";

    /// <summary>The bytes of each pair are swapped.</summary>
    public const string PairsSwapped = "pairs-swapped";

    // Transfer damage.
    /// <summary>Less data than the header promises.</summary>
    public const string Truncated = "truncated";

    /// <summary>Every line feed has become carriage return and line feed.</summary>
    public const string CrlfExpanded = "crlf-expanded";

    /// <summary>The carriage returns have been removed.</summary>
    public const string CrStripped = "cr-stripped";

    /// <summary>Bytes are missing in the middle: what comes after lies too early.</summary>
    public const string BytesLost = "bytes-lost";

    /// <summary>Bytes have been added in the middle: what comes after lies too late.</summary>
    public const string BytesInserted = "bytes-inserted";

    /// <summary>A stretch of zeros where there should be data.</summary>
    public const string ZeroRun = "zero-run";

    /// <summary>A stretch of 0xFF where there should be data.</summary>
    public const string OnesRun = "ones-run";

    /// <summary>Another BTF follows.</summary>
    public const string Concatenated = "concatenated";

    /// <summary>Bytes follow the last section.</summary>
    public const string Trailing = "trailing";

    // Header and sections.
    /// <summary>The header's length, or the place of a section, is impossible.</summary>
    public const string HeaderRange = "header-range";

    /// <summary>The magic number and the rest of the header are in different byte orders.</summary>
    public const string MixedByteOrder = "mixed-byte-order";

    /// <summary>A version other than 1.</summary>
    public const string Version = "version";

    /// <summary>Flags are set.</summary>
    public const string Flags = "flags";

    /// <summary>The header has data beyond the known fields.</summary>
    public const string HeaderTrailer = "header-trailer";

    /// <summary>Bytes between the sections that belong to none.</summary>
    public const string SectionGap = "section-gap";

    /// <summary>More than the 16 MiB that a kernel takes.</summary>
    public const string TooLarge = "too-large";

    /// <summary>The layout section is malformed.</summary>
    public const string LayoutBad = "layout-bad";

    /// <summary>The layout section contradicts the known kinds, or is not needed.</summary>
    public const string LayoutOdd = "layout-odd";

    /// <summary>The string section is empty, too long, or does not begin and end with a zero byte.</summary>
    public const string StrBad = "str-bad";

    /// <summary>A string has bytes that no name has.</summary>
    public const string StrOdd = "str-odd";

    /// <summary>It continues another BTF, which was not given.</summary>
    public const string SplitNeedsBase = "split-needs-base";

    /// <summary>It does not continue the base that was given.</summary>
    public const string BaseMismatch = "base-mismatch";

    /// <summary>It stands alone, but a base was given.</summary>
    public const string BaseNotNeeded = "base-not-needed";

    /// <summary>It is a distilled base: names and sizes only, for a module to find its types by.</summary>
    public const string DistilledBase = "distilled-base";

    /// <summary>There are no types.</summary>
    public const string NoTypes = "no-types";

    /// <summary>More types than a kernel takes.</summary>
    public const string TooManyTypes = "too-many-types";

    // Type records.
    /// <summary>A record of an unknown kind.</summary>
    public const string UnknownKind = "unknown-kind";

    /// <summary>A record of an unknown kind whose size the layout section tells.</summary>
    public const string OpaqueKind = "opaque-kind";

    /// <summary>A record that uses the bits of the info word that libbpf up to 1.7 and kernels up to 7.0 do not know.</summary>
    public const string OldEncodingOverflow = "old-encoding-overflow";

    /// <summary>A record runs past the end of the types.</summary>
    public const string TypeTruncated = "type-truncated";

    /// <summary>A type id that does not exist.</summary>
    public const string IdRange = "id-range";

    /// <summary>A name outside the strings.</summary>
    public const string StrRange = "str-range";

    /// <summary>A function that does not refer to a function prototype.</summary>
    public const string FuncProto = "func-proto";

    // What kernels refuse, record by record.
    /// <summary>The kind_flag is set on a kind that has none.</summary>
    public const string KindFlag = "kind-flag";

    /// <summary>A vlen on a kind that has no elements.</summary>
    public const string VlenUnexpected = "vlen-unexpected";

    /// <summary>A kind that needs a name has none.</summary>
    public const string NameMissing = "name-missing";

    /// <summary>A kind that has no name bears one.</summary>
    public const string NameUnexpected = "name-unexpected";

    /// <summary>A name that is no identifier, or too long.</summary>
    public const string NameInvalid = "name-invalid";

    /// <summary>An integer with more than one encoding, or unknown ones.</summary>
    public const string IntEncoding = "int-encoding";

    /// <summary>An integer with more bits than its size, or than 128.</summary>
    public const string IntBits = "int-bits";

    /// <summary>An array record whose size field is not 0.</summary>
    public const string ArraySize = "array-size";

    /// <summary>An array of void, or of something without a size.</summary>
    public const string ArrayElement = "array-element";

    /// <summary>An array whose index is not a regular integer.</summary>
    public const string ArrayIndex = "array-index";

    /// <summary>An array larger than 4 GiB.</summary>
    public const string ArrayOverflow = "array-overflow";

    /// <summary>A member of type void, or of a type without a size.</summary>
    public const string MemberType = "member-type";

    /// <summary>A member that begins before the one ahead of it.</summary>
    public const string MemberOrder = "member-order";

    /// <summary>A member that reaches past the end of its struct.</summary>
    public const string MemberRange = "member-range";

    /// <summary>A floating-point member off its alignment.</summary>
    public const string MemberAlign = "member-align";

    /// <summary>A bitfield of something other than an integer or an enumeration, or wider than its type.</summary>
    public const string BitfieldType = "bitfield-type";

    /// <summary>A member of a union that does not start at 0.</summary>
    public const string UnionOffset = "union-offset";

    /// <summary>An enumeration whose size is not 1, 2, 4 or 8.</summary>
    public const string EnumSize = "enum-size";

    /// <summary>A forward declaration whose type field is not 0.</summary>
    public const string FwdType = "fwd-type";

    /// <summary>A function whose linkage is neither static nor global.</summary>
    public const string FuncLinkage = "func-linkage";

    /// <summary>A function with an argument that has no name.</summary>
    public const string FuncArg = "func-arg";

    /// <summary>A parameter or return value without a size, or a misplaced end of the arguments.</summary>
    public const string Parameter = "parameter";

    /// <summary>A variable whose linkage is neither static nor global.</summary>
    public const string VarLinkage = "var-linkage";

    /// <summary>A variable of type void, or of a type without a size.</summary>
    public const string VarType = "var-type";

    /// <summary>A section of variables of size 0, or smaller than its variables.</summary>
    public const string DataSecSize = "datasec-size";

    /// <summary>The variables of a section are not sorted, or overlap.</summary>
    public const string DataSecOrder = "datasec-order";

    /// <summary>A variable that reaches past the end of its section, or of size 0.</summary>
    public const string DataSecRange = "datasec-range";

    /// <summary>An entry of a section of variables that is no variable, or smaller than its type.</summary>
    public const string DataSecVar = "datasec-var";

    /// <summary>A floating-point number whose size is not 2, 4, 8, 12 or 16.</summary>
    public const string FloatSize = "float-size";

    /// <summary>A declaration tag on something that takes none.</summary>
    public const string DeclTagTarget = "decl-tag-target";

    /// <summary>A declaration tag on a member or parameter that does not exist.</summary>
    public const string DeclTagIndex = "decl-tag-index";

    /// <summary>A type tag behind a qualifier or typedef.</summary>
    public const string TypeTagOrder = "type-tag-order";

    /// <summary>A pointer, typedef or qualifier that refers to something that is not a type.</summary>
    public const string RefTarget = "ref-target";

    // What kernels refuse, over the graph.
    /// <summary>A type that contains itself.</summary>
    public const string Cycle = "cycle";

    /// <summary>Types nested deeper than a kernel follows.</summary>
    public const string TooDeep = "too-deep";
}
