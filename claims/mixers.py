"""Mixers: encoders that mix tokens by something else than attention.

The papers that Su 2021 (kexue.fm/archives/8431) goes through, and two beside them, each with its own sentence: FNet, gMLP
and aMLP, MLP-Mixer, ResMLP, feed-forward layers only, external attention, AFT, Synthesizer.
"""

from harness.claim import Above, Below, Claim, Difference, MeanOverTasks, Ratio, Side, Tasks, TimeRatio, Value

FNET_PAPER = "Lee-Thorp et al. 2022, FNet, NAACL, arXiv 2105.03824"
GMLP_PAPER = "Liu et al. 2021, gMLP, NeurIPS, arXiv 2105.08050"
MIXER_PAPER = "Tolstikhin et al. 2021, MLP-Mixer, NeurIPS, arXiv 2105.01601"
EXTERNAL_PAPER = "Guo et al. 2021, External Attention, arXiv 2105.02358"
AFT_PAPER = "Zhai et al. 2021, AFT, arXiv 2105.14103"
SYNTHESIZER_PAPER = "Tay et al. 2021, Synthesizer, ICML, arXiv 2005.00743"

TEXTS = ("classify/imdb", "classify/sst2", "classify/thucnews_titles", "classify/tnews_full")
PICTURES = ("classify/cifar10_jpeg", "classify/mnist")

TRANSFORMER = Side("transformer", "classify/transformer")
FNET = Side("fnet", "classify/fnet")
GMLP = Side("gmlp", "classify/gmlp")
AMLP = Side("amlp", "classify/amlp")
MIXER = Side("mixer", "classify/mlp_mixer")
LONG_TRANSFORMER = Side("transformer", "classify/transformer:length=4096")
LONG_FNET = Side("fnet", "classify/fnet:length=4096")

SCOPE = (
    "Encoders of four layers with equal parameters to within 1 %, trained from nothing on at most 16,000 rows for four "
    "epochs."
)
TEXTS_SCOPE = SCOPE + " The source pretrains 110 million parameters and more."
PICTURES_SCOPE = SCOPE + " Pictures of 28 and 32 pixels; the source trains on ImageNet for hundreds of epochs."
LONG_ON_CPU = (
    "Two cores of a CPU (AMD EPYC), float32, one text of 4,096 tokens a batch; four layers, 0.8 to 1.3 million "
    "parameters."
)

# Of a difference; the standard deviation over seeds follows
TEXTS_ERRORS = (
    "standard errors over items 0.0037, 0.0074, 0.0022 and 0.0029 on the four tasks, seeds' standard deviation of a "
    "difference"
)
PICTURES_ERRORS = "standard errors over items 0.0035 and 0.0016, seeds' standard deviation of a difference"
TIMED = "standard error 0.04 from 6 blocks timed in turn"
FNET_SHARE = "a share of 0.945, the middle of the published range; " + TEXTS_ERRORS + " 0.008 (records of 2026-11-26)"

CLAIMS = (
    Claim(
        id="fnet_share",
        says="FNet reaches at least 92 % of the accuracy of attention.",
        source=FNET_PAPER,
        section="abstract",
        published="92 to 97 % of the accuracy of BERT on GLUE",
        kind="comparison",
        tasks=TEXTS,
        sides=(FNET, TRANSFORMER),
        metric="accuracy",
        predicate=Above(Ratio(MeanOverTasks(Value("fnet")), MeanOverTasks(Value("transformer"))), margin=0.92),
        smallest=0.02,
        seeds=6,
        items=800,
        power=0.99,
        assumes=FNET_SHARE,
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="fnet_gap",
        says="FNet stays behind attention: it reaches at most 97 % of its accuracy.",
        source=FNET_PAPER,
        section="abstract",
        published="92 to 97 % of the accuracy of BERT on GLUE",
        kind="comparison",
        tasks=TEXTS,
        sides=(FNET, TRANSFORMER),
        metric="accuracy",
        predicate=Below(Ratio(MeanOverTasks(Value("fnet")), MeanOverTasks(Value("transformer"))), margin=0.97),
        smallest=0.02,
        seeds=6,
        items=800,
        power=0.99,
        assumes=FNET_SHARE,
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="fnet_listops",
        says="On ListOps FNet matches attention.",
        source=FNET_PAPER,
        section="Long Range Arena results",
        published="ListOps accuracy of FNet 35.33 (as quoted elsewhere); Transformer of Tay et al. 2021 36.37",
        kind="comparison",
        tasks=("classify/listops",),
        sides=(FNET, TRANSFORMER),
        metric="accuracy",
        predicate=Above(Difference(Value("fnet"), Value("transformer")), margin=-0.02),
        smallest=0.02,
        seeds=6,
        items=1900,
        power=0.74,
        assumes=(
            "the published loss of 1.04 points; standard error over items 0.0031, seeds' standard deviation 0.004 "
            "(records of 2026-11-26)"
        ),
        scope=(
            SCOPE + " Lists of 60 to 200 tokens, those of the source 500 to 2,000; most models here learn the first "
            "operator and no more."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="fnet_train_speed_cpu",
        says="On a CPU, at 512 tokens, FNet trains faster than attention.",
        source=FNET_PAPER,
        section="abstract",
        published=(
            "80 % faster on GPUs and 70 % on TPUs at 512 tokens, that is 0.56 and 0.59 of the time; none for a CPU"
        ),
        kind="comparison",
        tasks=("classify/imdb",),
        sides=(LONG_FNET, LONG_TRANSFORMER),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("fnet", "transformer", measure="train/whole/1x512"), margin=0.9),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.56; " + TIMED,
        scope=(
            "Two cores of a CPU (AMD EPYC), float32, one text of 512 tokens a batch; four layers, 0.8 to 1.3 million "
            "parameters."
        ),
        timing="lengths@1",
    ),
    Claim(
        id="fnet_train_speed_gpu",
        says="On a GPU, at 512 tokens, FNet trains much faster than attention.",
        source=FNET_PAPER,
        section="abstract",
        published="80 % faster on GPUs at 512 tokens, that is 0.56 of the time",
        kind="comparison",
        tasks=("classify/imdb",),
        sides=(LONG_FNET, LONG_TRANSFORMER),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("fnet", "transformer", measure="train/whole/1x512", device="cuda"), margin=0.75),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.56; " + TIMED,
        scope="One GPU, one text of 512 tokens a batch; four layers, 0.8 to 1.3 million parameters.",
        timing="lengths@1",
        arithmetic="bf16",
    ),
    Claim(
        id="fnet_long_cpu",
        says="At 4,096 tokens FNet trains several times faster than attention, on a CPU too.",
        source=FNET_PAPER,
        section="abstract: at longer inputs significantly faster; Long Range Arena speeds",
        published="figures; none for a CPU",
        kind="comparison",
        tasks=("classify/imdb",),
        sides=(LONG_FNET, LONG_TRANSFORMER),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("fnet", "transformer", measure="train/whole/1x4096"), margin=0.5),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.3; " + TIMED,
        scope=LONG_ON_CPU,
        timing="lengths@1",
    ),
    Claim(
        id="gmlp_pictures",
        says="gMLP is as accurate as attention on pictures: attention is not critical there.",
        source=GMLP_PAPER,
        section="abstract; table 2",
        published="ImageNet top-1: gMLP-S 79.6 and DeiT-S 79.8, gMLP-B 81.6 and DeiT-B 81.8",
        kind="comparison",
        tasks=PICTURES,
        sides=(GMLP, TRANSFORMER),
        metric="accuracy",
        predicate=Tasks(Above(Difference(Value("gmlp"), Value("transformer")), margin=-0.01)),
        smallest=0.01,
        seeds=6,
        items=9000,
        power=0.36,
        assumes="the published loss of 0.2 points; " + PICTURES_ERRORS + " 0.006 (records of 2026-11-26)",
        scope=PICTURES_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="gmlp_text",
        says="gMLP is about as accurate as attention on texts.",
        source=GMLP_PAPER,
        section="table on fine-tuning (as quoted by reproductions)",
        published="BERT-base against gMLP-base: SST-2 93.8 and 94.2, MNLI-m 85.6 and 83.7",
        kind="comparison",
        tasks=TEXTS,
        sides=(GMLP, TRANSFORMER),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("gmlp"), Value("transformer"))), margin=-0.01),
        smallest=0.01,
        seeds=6,
        items=800,
        power=0.44,
        assumes="a gain of 0.2 points, half of that on SST-2; " + TEXTS_ERRORS + " 0.025 (records of 2026-11-26)",
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="tiny_attention",
        says="A tiny attention in its gate makes gMLP better on texts.",
        source=GMLP_PAPER,
        section="4.3, aMLP; table on fine-tuning (as quoted by reproductions)",
        published="gMLP-base to aMLP-base: MNLI-m 83.7 to 85.9, SQuAD1.1 86.7 to 90.7, SST-2 94.2 to 93.4",
        kind="comparison",
        tasks=TEXTS,
        sides=(AMLP, GMLP),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("amlp"), Value("gmlp"))), margin=0.005),
        smallest=0.005,
        seeds=10,
        items=800,
        power=0.2,
        assumes=(
            "a gain of 1.75 points, the mean of the published ones of SST-2, MNLI and SQuAD1.1; "
            + TEXTS_ERRORS
            + " 0.04 (records of 2026-11-26)"
        ),
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="amlp_text",
        says="aMLP, with its tiny attention, is at least as accurate as attention on texts.",
        source=GMLP_PAPER,
        section="table on fine-tuning (as quoted by reproductions)",
        published="BERT-base against aMLP-base: SST-2 93.8 and 93.4, MNLI-m 85.6 and 85.9, SQuAD1.1 90.2 and 90.7",
        kind="comparison",
        tasks=TEXTS,
        sides=(AMLP, TRANSFORMER),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("amlp"), Value("transformer"))), margin=-0.01),
        smallest=0.01,
        seeds=10,
        items=800,
        power=0.13,
        assumes=(
            "a gain of 0.1 points, the mean of the published ones; " + TEXTS_ERRORS + " 0.045 (records of 2026-11-26)"
        ),
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="mixer_behind",
        says="Without pretraining on large data MLP-Mixer is less accurate than attention on pictures.",
        source=MIXER_PAPER,
        section="table 3, rows trained on ImageNet alone",
        published="ImageNet top-1: Mixer-B/16 76.44, ViT-B/16 79.67; Mixer-L/16 71.76, ViT-L/16 76.11",
        kind="comparison",
        tasks=PICTURES,
        sides=(MIXER, TRANSFORMER),
        metric="accuracy",
        predicate=Tasks(Below(Difference(Value("mixer"), Value("transformer")), margin=-0.01)),
        smallest=0.01,
        seeds=6,
        items=9000,
        power=0.95,
        assumes="the published loss of 3.2 points; " + PICTURES_ERRORS + " 0.011 (records of 2026-11-26)",
        scope=PICTURES_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="mixer_predict_speed_cpu",
        says="On a CPU MLP-Mixer classifies pictures faster than attention.",
        source=MIXER_PAPER,
        section="table 3, column of throughput",
        published=(
            "pictures a second and TPU core: Mixer-B/16 1,384, ViT-B/16 861, that is 0.62 of the time; none for a CPU"
        ),
        kind="comparison",
        tasks=("classify/mnist",),
        sides=(MIXER, TRANSFORMER),
        metric="predict_time_ratio",
        predicate=Below(TimeRatio("mixer", "transformer", measure="predict/whole/trace"), margin=0.95),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.62; " + TIMED,
        scope="Two cores of a CPU (AMD EPYC), float32, MNIST, 49 tokens; four layers, 0.8 to 1.3 million parameters.",
    ),
    Claim(
        id="mixer_predict_speed_gpu",
        says="On a GPU MLP-Mixer classifies pictures faster than attention.",
        source=MIXER_PAPER,
        section="table 3, column of throughput",
        published="pictures a second and TPU core: Mixer-B/16 1,384, ViT-B/16 861, that is 0.62 of the time",
        kind="comparison",
        tasks=("classify/mnist",),
        sides=(MIXER, TRANSFORMER),
        metric="predict_time_ratio",
        predicate=Below(TimeRatio("mixer", "transformer", measure="predict/whole/trace", device="cuda"), margin=0.95),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.62; " + TIMED,
        scope="One GPU, MNIST, 49 tokens; four layers, 0.8 to 1.3 million parameters.",
        arithmetic="bf16",
    ),
    Claim(
        id="resmlp_pictures",
        says="ResMLP, with one linear layer over patches, is about as accurate as attention on pictures.",
        source="Touvron et al. 2021, ResMLP, arXiv 2105.03404",
        section="abstract; table 1 (as quoted elsewhere)",
        published="ImageNet top-1: ResMLP-S24 79.4 (30 million parameters), DeiT-S 79.8 (22 million)",
        kind="comparison",
        tasks=PICTURES,
        sides=(Side("resmlp", "classify/resmlp"), TRANSFORMER),
        metric="accuracy",
        predicate=Tasks(Above(Difference(Value("resmlp"), Value("transformer")), margin=-0.01)),
        smallest=0.01,
        seeds=6,
        items=9000,
        power=0.12,
        assumes="the published loss of 0.4 points; " + PICTURES_ERRORS + " 0.01 (records of 2026-11-26)",
        scope=PICTURES_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="feed_forward_behind",
        says="With feed-forward layers in place of attention a model for pictures is good, but less accurate.",
        source="Melas-Kyriazi 2021, Do You Even Need Attention?, arXiv 2105.02723",
        section="table 1; README of the published code",
        published="ImageNet top-1: feed-forward only, base 74.9, ViT 77.9, DeiT 79.9",
        kind="comparison",
        tasks=PICTURES,
        sides=(Side("feed_forward", "classify/feed_forward_only"), TRANSFORMER),
        metric="accuracy",
        predicate=Tasks(Below(Difference(Value("feed_forward"), Value("transformer")), margin=-0.01)),
        smallest=0.01,
        seeds=6,
        items=9000,
        power=0.89,
        assumes="the published loss of 3.0 points to ViT; " + PICTURES_ERRORS + " 0.011 (records of 2026-11-26)",
        scope=PICTURES_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="external_pictures",
        says="External attention is comparable or superior to attention on pictures.",
        source=EXTERNAL_PAPER,
        section="abstract; table of ImageNet (as quoted elsewhere)",
        published=(
            "comparable or superior to self-attention; ImageNet top-1 of EAMLP-14 78.9, EAMLP-19 79.4, DeiT-S 79.8"
        ),
        kind="comparison",
        tasks=PICTURES,
        sides=(Side("external", "classify/external_attention"), TRANSFORMER),
        metric="accuracy",
        predicate=Tasks(Above(Difference(Value("external"), Value("transformer")), margin=-0.01)),
        smallest=0.01,
        seeds=6,
        items=9000,
        power=0.59,
        assumes="no difference; " + PICTURES_ERRORS + " 0.005 on CIFAR-10 (records of 2026-11-26)",
        scope=PICTURES_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="external_cost",
        says=(
            "External attention is linear in the number of tokens, and so far cheaper than attention where there are "
            "many."
        ),
        source=EXTERNAL_PAPER,
        section="abstract: linear complexity, much lower computational cost",
        published="no times",
        kind="comparison",
        tasks=("classify/imdb",),
        sides=(Side("external", "classify/external_attention:length=4096"), LONG_TRANSFORMER),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("external", "transformer", measure="train/whole/1x4096"), margin=0.5),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.3; " + TIMED,
        scope=LONG_ON_CPU,
        timing="lengths@1",
    ),
    Claim(
        id="aft_pictures",
        says="AFT-full is as accurate as attention on pictures.",
        source=AFT_PAPER,
        section="5.3, table 7",
        published="ImageNet top-1: AFT-full tiny 72.4 and DeiT tiny 72.2, AFT-full small 79.8 and DeiT small 79.9",
        kind="comparison",
        tasks=PICTURES,
        sides=(Side("aft", "classify/aft"), TRANSFORMER),
        metric="accuracy",
        predicate=Tasks(Above(Difference(Value("aft"), Value("transformer")), margin=-0.01)),
        smallest=0.01,
        seeds=6,
        items=9000,
        power=0.59,
        assumes="the published difference of 0.05 points; " + PICTURES_ERRORS + " 0.006 (records of 2026-11-26)",
        scope=PICTURES_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="aft_local_over_simple",
        says="Position biases help AFT: AFT-local is better than AFT-simple, which has none.",
        source=AFT_PAPER,
        section="5.1 and 5.2, tables 2, 4 and 5",
        published=(
            "CIFAR-10 bits a dimension: AFT-local-256 2.74, AFT-simple 2.89; Enwik8 bits a character: AFT-local-32 "
            "1.154, AFT-simple 1.209"
        ),
        kind="comparison",
        tasks=TEXTS + PICTURES,
        sides=(Side("local", "classify/aft:form=local"), Side("simple", "classify/aft:form=simple")),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("local"), Value("simple"))), margin=0.005),
        smallest=0.005,
        seeds=6,
        items=800,
        power=0.99,
        assumes="a gain of 2 points; standard error of the mean over six tasks 0.003",
        scope=SCOPE + " The source measures the likelihood of pixels and characters, not classification.",
        arithmetic="bf16",
    ),
    Claim(
        id="aft_simple_speed",
        says="On long inputs AFT-simple trains faster than attention.",
        source=AFT_PAPER,
        section="5.1, table 2",
        published=(
            "training iterations a second at 3,072 tokens: AFT-simple 2.15, Transformer 1.36, that is 0.63 of the "
            "time (eight V100); none for a CPU"
        ),
        kind="comparison",
        tasks=("classify/imdb",),
        sides=(Side("simple", "classify/aft:form=simple,length=4096"), LONG_TRANSFORMER),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("simple", "transformer", measure="train/whole/1x4096"), margin=0.75),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.67,
        assumes="a ratio of 0.63; " + TIMED,
        scope=LONG_ON_CPU,
        timing="lengths@1",
    ),
    Claim(
        id="synthesizer_random",
        says="A learned matrix that looks at no token, the Random Synthesizer, is competitive with attention.",
        source=SYNTHESIZER_PAPER,
        section="abstract",
        published="random alignment matrices perform quite competitively; tables not obtained",
        kind="comparison",
        tasks=TEXTS,
        sides=(Side("random", "classify/synthesizer"), TRANSFORMER),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("random"), Value("transformer"))), margin=-0.01),
        smallest=0.01,
        seeds=6,
        items=800,
        power=0.63,
        assumes="no difference; " + TEXTS_ERRORS + " 0.015 (records of 2026-11-26)",
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="synthesizer_dense",
        says=(
            "Weights that each token makes without a look at others, the Dense Synthesizer, are competitive with "
            "attention."
        ),
        source=SYNTHESIZER_PAPER,
        section="abstract",
        published="token-token interactions are useful but not that important; tables not obtained",
        kind="comparison",
        tasks=TEXTS,
        sides=(Side("dense", "classify/synthesizer:dense=true"), TRANSFORMER),
        metric="accuracy",
        predicate=Above(MeanOverTasks(Difference(Value("dense"), Value("transformer"))), margin=-0.01),
        smallest=0.01,
        seeds=6,
        items=800,
        power=0.76,
        assumes="no difference; " + TEXTS_ERRORS + " 0.012 (records of 2026-11-26)",
        scope=TEXTS_SCOPE,
        arithmetic="bf16",
    ),
)
