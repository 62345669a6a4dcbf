namespace P3Ebpf.Loader.Features;

/// <summary>Which Linux version brought what.</summary>
public static class KernelFeatureHistory
{
    /// <summary>The first kernel with a feature.</summary>
    public static Version Since(this KernelFeature feature) => new(feature switch
    {
        KernelFeature.ObjectNames => "4.15",
        KernelFeature.ExpectedAttachType => "4.17",
        KernelFeature.Btf => "4.18",
        KernelFeature.BtfFunc => "5.0",
        KernelFeature.GlobalData or KernelFeature.BtfDataSec => "5.2",
        KernelFeature.ArrayMmap or KernelFeature.ProbeReadKernel => "5.5",
        KernelFeature.BtfGlobalFunc => "5.6",
        KernelFeature.ProgBindMap => "5.10",
        KernelFeature.MemcgAccounting => "5.11",
        KernelFeature.BtfFloat => "5.13",
        KernelFeature.PerfLink or KernelFeature.BpfCookie => "5.15",
        KernelFeature.BtfDeclTag => "5.16",
        KernelFeature.BtfTypeTag => "5.17",
        KernelFeature.KprobeMulti => "5.18",
        KernelFeature.BtfEnum64 => "6.0",
        KernelFeature.UprobeMulti => "6.6",
        KernelFeature.BtfOptionalDataSec => "6.9",
        _ => "7.1",
    });
}
