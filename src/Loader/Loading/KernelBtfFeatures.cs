
namespace P3Ebpf.Loader;

/// <summary>Which parts of BTF the running kernel accepts from user space.</summary>
internal static class KernelBtfFeatures
{
    private static readonly (KernelFeature Kernel, BtfFeatures Btf)[] Pairs =
    [
        (KernelFeature.BtfFunc, BtfFeatures.Func),
        (KernelFeature.BtfGlobalFunc, BtfFeatures.GlobalFunc),
        (KernelFeature.BtfDataSec, BtfFeatures.DataSec),
        (KernelFeature.BtfOptionalDataSec, BtfFeatures.QuestionDataSec),
        (KernelFeature.BtfFloat, BtfFeatures.Float),
        (KernelFeature.BtfDeclTag, BtfFeatures.DeclTag),
        (KernelFeature.BtfTypeTag, BtfFeatures.TypeTag),
        (KernelFeature.BtfEnum64, BtfFeatures.Enum64),
        (KernelFeature.BtfLayout, BtfFeatures.Layout),
    ];

    public static BtfFeatures Current => Pairs.Where(pair => pair.Kernel.IsSupported()).Aggregate(BtfFeatures.None, (all, pair) => all | pair.Btf);
}
