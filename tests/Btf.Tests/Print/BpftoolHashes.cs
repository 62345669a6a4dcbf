namespace P3Ebpf.Btf.Tests.Print;

/// <summary>
/// SHA-256 of what bpftool 7.1 (Debian 12) prints of each captured BTF:
/// <c>bpftool [-B BASE] btf dump file FILE | sha256sum</c> and <c>bpftool -j [-B BASE] btf dump file FILE | sha256sum</c>.
/// </summary>
internal static class BpftoolHashes
{
    /// <summary>Name, base, hash of the raw text, hash of the JSON.</summary>
    public static TheoryData<string, string?, string, string> All { get; } = new()
    {
        {
            "distilled-7.2.13-nf_conntrack", "distilled-7.2.13-nf_conntrack.base",
            "f093042063a434dc09e3b55c1434c3ac97c1611357861369ab1ecb11916b6057",
            "39248940cb141c475c515728e9f4895999b6d2111a68b24a29578dcd7cb97f43"
        },
        {
            "mod-6.12.117-amd64.bridge", "vmlinux-6.12.117-amd64",
            "726dd1562a3c46f4811ecbc39c9ee9e81bbff95b9b0c5d03ef1f32fb708dd021",
            "4e82ef600bfecb8dcc2e407c755b564dcdbfa29d6efd9bf4d6414d7acc3716ce"
        },
        {
            "mod-6.12.117-amd64.nf_conntrack", "vmlinux-6.12.117-amd64",
            "7029709bcea357a7e58e63c678c90f48c97e656bdc631c2f89675df38d117627",
            "c1852be3c9b20adbc4e82cc4c5fb958855a34baa12a5d7f3ea2861c9ce7d9b12"
        },
        {
            "mod-7.2.13-amd64.bridge", "vmlinux-7.2.13-amd64",
            "6febccb868c909c015d93d69449c1bd05df1a38befbd09a3f2b341cca6686941",
            "0235325b4d33b864a15aafac5a1e4ae3a9be68de117c926864513377e66c6917"
        },
        {
            "mod-7.2.13-amd64.nf_conntrack", "vmlinux-7.2.13-amd64",
            "458d8e4d6066d130020386f8ce3f64d1ca99fd5cf47f72cdb0c1c6398b8ff4a2",
            "25dac9fd9848933973f11b2288d720fa851017d5f8714ee27a922777cbc19090"
        },
        {
            "vmlinux-5.10.0-46-cloud-amd64", null,
            "b64d053ce77e81c53901af0049986e9320bcbcaf78c6d71a1dbf1eb5c8c42f6d",
            "fedfa682248539397b4b64ab16a7647964a4049b97253777a20279043c1082aa"
        },
        {
            "vmlinux-6.1.0-56-cloud-amd64", null,
            "a92c0efa6a3914f09e03483dc22abd537bc4a1965cb8fa7a4b07ae2182b38b37",
            "c01c82ca8852ddf4e3c221a5d7609822f8fa6e72a3154584e8f69c8815b3e27a"
        },
        {
            "vmlinux-6.12.117-amd64", null,
            "749867fc7b20fe40b8f5d0f555c5590f4696b87db4af7f427519580045f93d08",
            "c871f92b212d870603b8b52a5a10e856df87b01873672c2c81be6639091c6ff3"
        },
        {
            "vmlinux-7.2.13-amd64", null,
            "613dfdcc9380dac525fe135696d397318a17a3820551fc23515dacc045384393",
            "c569df533cc013c58037501f9799d7accf822580f6b0eccc2e463f8b4f4bdc4c"
        },
        {
            "vmlinux-7.2.13-armhf", null,
            "12eeaa7dcfd2781ecc071c9ae561d89bcd1cf0ba34c29dfd9a7e19de0f164d7d",
            "5598bc42167d205b2f2fa86aa4c9abb48c0ffc081f82b2cc8cc55b471472367d"
        },
        {
            "vmlinux-7.2.13-cloud-arm64", null,
            "705acd3baa9c41d7ecbbd8624701e569dc5c026d9ed1b4cb94329e283fbe269a",
            "d9464471c2d762ade5d3f3ce8be96a2fa320c30b4250e84145a40dfeb168b9ec"
        },
        {
            "vmlinux-7.2.13-s390x", null,
            "b75b8d59d9379271465c6e284cdf16af580c8d2e08001d974868e3b47a1e546a",
            "96d047b930b09c31a09cdc91626b9b67125799c5be9111a019012bf3056e07c7"
        },
    };
}
