"""Regimes: other gradients than that of the loss.

Su 2020 (kexue.fm/archives/7234) reports what adversarial training (FGM) and a gradient penalty add to a fine-tuned BERT;
flooding (Ishida et al. 2020) and sharpness-aware minimisation (Foret et al. 2021) stand beside them.
"""

from harness.claim import Above, Claim, Difference, Mean, MeanOverTasks, Side, Value, Within

SU_7234 = "Su 2020, https://kexue.fm/archives/7234"
FLOODING_PAPER = "Ishida et al. 2020, Flooding, ICML, arXiv 2002.08709"
SAM_PAPER = "Foret et al. 2021, SAM, ICLR, arXiv 2010.01412"

PLAIN = Side("plain", "classify/fine_tuned", encoder="mini-zh")
FGM = Side("fgm", "classify/fine_tuned", encoder="mini-zh", regime="fgm")
PENALTY = Side("penalty", "classify/fine_tuned", encoder="mini-zh", regime="gradient_penalty")
TRANSFORMER = Side("transformer", "classify/transformer")
GMLP = Side("gmlp", "classify/gmlp")
FNET = Side("fnet", "classify/fnet")
FLOODED = (
    TRANSFORMER,
    Side("transformer_flooding", "classify/transformer", regime="flooding"),
    GMLP,
    Side("gmlp_flooding", "classify/gmlp", regime="flooding"),
    FNET,
    Side("fnet_flooding", "classify/fnet", regime="flooding"),
)

SCOPE = (
    "mini-zh, 5 million parameters pretrained, four epochs on at most 16,000 rows, development set; the source "
    "fine-tunes BERT-base for 50 epochs on all rows and asks the hidden test."
)
SCRATCH_SCOPE = (
    "Encoders of four layers, 1 to 3 million parameters, trained from nothing on 16,000 rows for four epochs; the "
    "source trains large residual networks on pictures for hundreds."
)
FLOODING_SCOPE = SCRATCH_SCOPE + " The level is 0.1, which only the end of training reaches."
TNEWS_ERRORS = (
    "standard error over items 0.0023 and seeds' standard deviation of a difference 0.006 (records of 2026-11-26)"
)

CLAIMS = (
    Claim(
        id="fgm_tnews",
        says="Adversarial training by FGM on the embedding matrix raises the accuracy of a fine-tuned BERT on TNEWS.",
        source=SU_7234,
        section="table of results",
        published="TNEWS test: 56.58 plain, 57.66 with FGM",
        kind="comparison",
        tasks=("classify/tnews_full",),
        sides=(PLAIN, FGM),
        metric="accuracy",
        predicate=Above(Difference(Value("fgm"), Value("plain")), margin=0.003),
        smallest=0.003,
        seeds=6,
        items=9000,
        power=0.52,
        assumes="the published 1.08 points; " + TNEWS_ERRORS,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="penalty_tnews",
        says="A penalty on the gradient of the embeddings raises the accuracy of a fine-tuned BERT on TNEWS.",
        source=SU_7234,
        section="table of results",
        published="TNEWS test: 56.58 plain, 57.81 with the penalty",
        kind="comparison",
        tasks=("classify/tnews_full",),
        sides=(PLAIN, PENALTY),
        metric="accuracy",
        predicate=Above(Difference(Value("penalty"), Value("plain")), margin=0.003),
        smallest=0.003,
        seeds=6,
        items=9000,
        power=0.69,
        assumes="the published 1.23 points; " + TNEWS_ERRORS,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="fgm_iflytek",
        says="Adversarial training by FGM on the embedding matrix raises the accuracy of a fine-tuned BERT on IFLYTEK.",
        source=SU_7234,
        section="table of results",
        published="IFLYTEK test: 60.29 plain, 62.46 with FGM",
        kind="comparison",
        tasks=("classify/iflytek_full",),
        sides=(PLAIN, FGM),
        metric="accuracy",
        predicate=Above(Difference(Value("fgm"), Value("plain")), margin=0.005),
        smallest=0.005,
        seeds=6,
        items=2500,
        power=0.78,
        assumes="the published 2.17 points; standard error 0.0055 over 2,599 items and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="penalty_iflytek",
        says="A penalty on the gradient of the embeddings raises the accuracy of a fine-tuned BERT on IFLYTEK.",
        source=SU_7234,
        section="table of results",
        published="IFLYTEK test: 60.29 plain, 62.31 with the penalty",
        kind="comparison",
        tasks=("classify/iflytek_full",),
        sides=(PLAIN, PENALTY),
        metric="accuracy",
        predicate=Above(Difference(Value("penalty"), Value("plain")), margin=0.005),
        smallest=0.005,
        seeds=6,
        items=2500,
        power=0.69,
        assumes="the published 2.02 points; standard error 0.0055 over 2,599 items and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="fgm_equals_penalty",
        says="FGM and the gradient penalty do the same: to first order one is the other.",
        source=SU_7234,
        section="derivation and table of results",
        published="test, FGM and penalty: TNEWS 57.66 and 57.81, IFLYTEK 62.46 and 62.31",
        kind="equivalence",
        tasks=("classify/tnews_full",),
        sides=(FGM, PENALTY),
        metric="accuracy",
        predicate=Within(Difference(Value("fgm"), Value("penalty")), margin=0.005),
        smallest=0.005,
        seeds=6,
        items=9000,
        power=0.88,
        assumes=(
            "no difference; standard error over items 0.0014, seeds' standard deviation 0.0015 (records of "
            "2026-11-26). Half a point is half of what either adds."
        ),
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="flooding_accuracy",
        says="Flooding raises accuracy.",
        source=FLOODING_PAPER,
        section="abstract",
        published="flooding improves performance; tables not obtained",
        kind="comparison",
        tasks=("classify/sst2",),
        sides=FLOODED,
        metric="accuracy",
        predicate=Above(
            Mean(
                (
                    Difference(Value("transformer_flooding"), Value("transformer")),
                    Difference(Value("gmlp_flooding"), Value("gmlp")),
                    Difference(Value("fnet_flooding"), Value("fnet")),
                )
            ),
            margin=0.003,
        ),
        smallest=0.003,
        seeds=10,
        items=800,
        power=0.5,
        assumes="a gain of 1.5 points, mean of three networks; standard error 0.0055 over items and 10 seeds",
        scope=FLOODING_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="flooding_loss",
        says="Flooding lowers the loss on test data.",
        source=FLOODING_PAPER,
        section="abstract; figure 1",
        published="the test loss descends a second time (figures)",
        kind="comparison",
        tasks=("classify/sst2",),
        sides=FLOODED,
        metric="label_nats",
        predicate=Above(
            Mean(
                (
                    Difference(Value("transformer"), Value("transformer_flooding")),
                    Difference(Value("gmlp"), Value("gmlp_flooding")),
                    Difference(Value("fnet"), Value("fnet_flooding")),
                )
            ),
            margin=0.005,
        ),
        smallest=0.005,
        seeds=10,
        items=800,
        power=0.7,
        assumes="a loss lower by 0.04 nats, mean of three networks; standard error 0.013 over items and 10 seeds",
        scope=FLOODING_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="sam_fine_tuned",
        says="Sharpness-aware steps raise the accuracy of a fine-tuned model.",
        source=SAM_PAPER,
        section="abstract: fine-tuning tasks among the benchmarks that improve",
        published="tables on pictures not obtained",
        kind="comparison",
        tasks=("classify/tnews_full",),
        sides=(PLAIN, Side("sam", "classify/fine_tuned", encoder="mini-zh", regime="sam")),
        metric="accuracy",
        predicate=Above(Difference(Value("sam"), Value("plain")), margin=0.003),
        smallest=0.003,
        seeds=6,
        items=9000,
        power=0.43,
        assumes="a gain of 1 point, as published for FGM; " + TNEWS_ERRORS,
        scope=(
            "mini-zh, 5 million parameters pretrained, four epochs on at most 16,000 rows, development set; the "
            "source fine-tunes large networks on pictures."
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="sam_from_scratch",
        says="Sharpness-aware steps raise the accuracy of models that are trained from nothing.",
        source=SAM_PAPER,
        section="abstract",
        published="better generalisation on CIFAR-10, CIFAR-100, ImageNet and fine-tuning tasks; tables not obtained",
        kind="comparison",
        tasks=("classify/tnews_full", "classify/sst2"),
        sides=(
            TRANSFORMER,
            Side("transformer_sam", "classify/transformer", regime="sam"),
            GMLP,
            Side("gmlp_sam", "classify/gmlp", regime="sam"),
            FNET,
            Side("fnet_sam", "classify/fnet", regime="sam"),
        ),
        metric="accuracy",
        predicate=Above(
            MeanOverTasks(
                Mean(
                    (
                        Difference(Value("transformer_sam"), Value("transformer")),
                        Difference(Value("gmlp_sam"), Value("gmlp")),
                        Difference(Value("fnet_sam"), Value("fnet")),
                    )
                )
            ),
            margin=0.003,
        ),
        smallest=0.003,
        seeds=6,
        items=800,
        power=0.78,
        assumes=(
            "a gain of 1.5 points, mean of three networks and two tasks; standard error 0.004 over items and 6 seeds"
        ),
        scope=SCRATCH_SCOPE,
        arithmetic="bf16",
    ),
)
