"""GlobalPointer: one score for each pair of a start and an end, per label.

Su 2021 (kexue.fm/archives/8373) reports that it equals a CRF on flat entities, beats it on nested ones, trains faster, and
needs rotary positions; Su 2022 (kexue.fm/archives/8877) that a form with shared extraction loses nothing.
"""

from harness.claim import (
    Above,
    AllOf,
    Below,
    Claim,
    Difference,
    MeanOverTasks,
    Recorded,
    Side,
    Tasks,
    TimeRatio,
    Value,
    Within,
)

SOURCE = "Su 2021, GlobalPointer, https://kexue.fm/archives/8373"
EFFICIENT_SOURCE = "Su 2022, Efficient GlobalPointer, https://kexue.fm/archives/8877"
ROPE_PUBLISHED = "People's Daily, without and with RoPE: dev 54.35 and 96.25, test 62.59 and 95.51"
TRAIN_PUBLISHED = (
    "training speed over that of the CRF: 1.56 (People's Daily), 1.22 (CLUENER), 1.52 (CMeEE), that is 0.64, 0.82 and "
    "0.66 of its time"
)
PREDICT_PUBLISHED = "prediction speed over that of the CRF on CMeEE: 1.13, that is 0.88 of its time"

FLAT = ("ner/cluener", "ner/resume")
HARDER = ("ner/cmeee", "ner/cluener")

POINTER = Side("pointer", "ner/globalpointer", encoder="bilstm")
CRF = Side("crf", "ner/crf", encoder="bilstm")
EFFICIENT = Side("efficient", "ner/efficient_globalpointer", encoder="bilstm")
MINI_POINTER = Side("pointer", "ner/globalpointer", encoder="mini-zh")
MINI_CRF = Side("crf", "ner/crf", encoder="mini-zh")

FINE_TUNED = " The source fine-tunes BERT-base Chinese (102 million parameters), one run each, epoch chosen on dev."
SCOPE = (
    "A BiLSTM trained from random values (2.7 to 3.0 million parameters), characters as tokens, ten epochs, epoch "
    "chosen on a tenth of train." + FINE_TUNED
)
ON_CPU = (
    "Two cores of a CPU (AMD EPYC), float32, mini-zh (5 million parameters) as the body, texts of the task in batches "
    "of 16. The source times BERT-base on a GPU in TensorFlow 1.14, where each step of the CRF's recursion is one "
    "call; the CRF here runs forward-backward in compiled or batched form."
)
ON_GPU = (
    "One GPU, mini-zh (5 million parameters) as the body, texts of the task in batches of 16. The source times "
    "BERT-base on a GPU in TensorFlow 1.14."
)
TIMED = (
    "standard error of a ratio of about 2 %, from 20 blocks timed in turn, as in records of 2026-11-25; the published "
    "ratio as the effect"
)

FASTER_ON_CPU = Tasks(Below(TimeRatio("pointer", "crf"), margin=0.95))

CLAIMS = (
    Claim(
        id="flat",
        says="On entities that do not nest, GlobalPointer and a CRF are equally good.",
        source=SOURCE,
        section="results, tables for People's Daily and CLUENER",
        published="test F1, CRF against GlobalPointer: People's Daily 95.46 and 95.51; CLUENER 78.70 and 79.44",
        kind="equivalence",
        tasks=FLAT,
        sides=(POINTER, CRF),
        metric="span_f1",
        predicate=Within(MeanOverTasks(Difference(Value("pointer"), Value("crf"))), margin=0.01),
        smallest=0.01,
        seeds=6,
        items=400,
        power=0.77,
        assumes=(
            "no difference; standard error over items 0.0035 on Resume and 0.005 on CLUENER, seeds' standard "
            "deviation 0.004 (records of 2026-11-23). A point is about what 1,343 sentences can tell apart."
        ),
        scope=SCOPE + " Flat tasks: CLUENER and Resume; People's Daily is not at hand.",
    ),
    Claim(
        id="nested",
        says="On nested entities GlobalPointer is better than a CRF.",
        source=SOURCE,
        section="results, table for CMeEE",
        published="F1, CRF against GlobalPointer: dev 63.81 and 64.84, test 64.39 and 65.98",
        kind="comparison",
        tasks=("ner/cmeee",),
        sides=(POINTER, CRF),
        metric="span_f1",
        predicate=Above(Difference(Value("pointer"), Value("crf")), margin=0.005),
        smallest=0.005,
        seeds=6,
        items=4000,
        power=0.89,
        assumes=(
            "the published 1.59 points of test (with the 1.03 of dev the power is 0.3); standard error over items "
            "0.0028, seeds' standard deviation 0.003 (records of 2026-11-23 and 24). Half a point is a third of the "
            "published gain."
        ),
        scope=SCOPE,
    ),
    Claim(
        id="expresses_nesting",
        says="GlobalPointer can answer with every set of nested entities; a tagger with one tag a token cannot.",
        source=SOURCE,
        section="method: one form for nested and flat entities",
        published="none: a property of the two output forms",
        kind="impossibility",
        tasks=("ner/cmeee",),
        sides=(POINTER, CRF),
        metric="oracle_span_f1",
        predicate=AllOf((Above(Recorded("pointer"), margin=0.9999), Below(Recorded("crf"), margin=0.99))),
        smallest=0.01,
        seeds=1,
        items=4000,
        power=0.99,
        assumes="nothing: the score of a perfect tagger on the gold of dev is computed, not estimated",
        scope="The entities of CMeEE's dev split, whatever the model's size.",
    ),
    Claim(
        id="rope_flat",
        says="Without rotary positions GlobalPointer loses much of its score.",
        source=SOURCE,
        section="ablation, table for People's Daily",
        published=ROPE_PUBLISHED,
        kind="comparison",
        tasks=FLAT,
        sides=(POINTER, Side("bare", "ner/globalpointer:rope=false", encoder="bilstm")),
        metric="span_f1",
        predicate=Tasks(Above(Difference(Value("pointer"), Value("bare")), margin=0.05)),
        smallest=0.05,
        seeds=6,
        items=400,
        power=0.99,
        assumes=(
            "the published 32.9 points; standard error 0.01 at most. Five points are less than a sixth of the "
            "published loss."
        ),
        scope=SCOPE + " A BiLSTM tells positions on its own.",
    ),
    Claim(
        id="rope_pretrained",
        says="Under a pretrained BERT, too, GlobalPointer without rotary positions loses much of its score.",
        source=SOURCE,
        section="ablation, table for People's Daily",
        published=ROPE_PUBLISHED,
        kind="comparison",
        tasks=("ner/resume",),
        sides=(MINI_POINTER, Side("bare", "ner/globalpointer:rope=false", encoder="mini-zh")),
        metric="span_f1",
        predicate=Above(Difference(Value("pointer"), Value("bare")), margin=0.05),
        smallest=0.05,
        seeds=6,
        items=400,
        power=0.99,
        assumes="the published 32.9 points; standard error 0.015 at most",
        scope=(
            "mini-zh, a pretrained encoder of 5 million parameters, ten epochs, epoch chosen on a tenth of train."
            + FINE_TUNED
        ),
        arithmetic="bf16",
    ),
    Claim(
        id="efficient_no_worse",
        says="Efficient GlobalPointer, which shares its extraction over labels, is not worse than GlobalPointer.",
        source=EFFICIENT_SOURCE,
        section="results",
        published=(
            "test F1, GlobalPointer against Efficient GlobalPointer: People's Daily 95.51 and 95.36, CLUENER 79.44 "
            "and 80.04, CMeEE 65.98 and 66.54"
        ),
        kind="comparison",
        tasks=("ner/cmeee", "ner/cluener", "ner/resume"),
        sides=(EFFICIENT, POINTER),
        metric="span_f1",
        predicate=Above(MeanOverTasks(Difference(Value("efficient"), Value("pointer"))), margin=-0.005),
        smallest=0.005,
        seeds=6,
        items=400,
        power=0.75,
        assumes=(
            "the mean of the published differences, 0.34 points; standard errors 0.0028, 0.005 and 0.0035 on the "
            "three tasks, seeds' standard deviation 0.004. The source calls its loss of 0.15 points on People's Daily "
            "slight; half a point is three times that."
        ),
        scope=SCOPE,
    ),
    Claim(
        id="efficient_better",
        says="On the harder tasks, CLUENER and CMeEE, Efficient GlobalPointer is better than GlobalPointer.",
        source=EFFICIENT_SOURCE,
        section="results",
        published="test F1: CLUENER 79.44 to 80.04, CMeEE 65.98 to 66.54; dev: 80.03 to 80.66 and 64.84 to 65.16",
        kind="comparison",
        tasks=HARDER,
        sides=(EFFICIENT, POINTER),
        metric="span_f1",
        predicate=Above(MeanOverTasks(Difference(Value("efficient"), Value("pointer"))), margin=0.001),
        smallest=0.001,
        seeds=10,
        items=1000,
        power=0.3,
        assumes=(
            "the mean of the published differences of test, 0.58 points; standard errors over items 0.0028 and 0.005, "
            "seeds' standard deviation 0.004. A tenth of a point is nothing to rely on."
        ),
        scope=SCOPE,
    ),
    Claim(
        id="train_speed_cpu",
        says="On a CPU GlobalPointer trains faster than a CRF.",
        source=SOURCE,
        section="results, column of training speed",
        published=TRAIN_PUBLISHED,
        kind="comparison",
        tasks=HARDER,
        sides=(MINI_POINTER, MINI_CRF),
        metric="train_time_ratio",
        predicate=FASTER_ON_CPU,
        smallest=0.05,
        seeds=1,
        items=20,
        power=0.99,
        assumes=TIMED,
        scope=ON_CPU,
    ),
    Claim(
        id="train_speed_cpu_plain",
        says="On a CPU, with both heads written as their equations, GlobalPointer trains faster than a CRF.",
        source=SOURCE,
        section="results, column of training speed",
        published=(
            "training speed over that of the CRF: 1.22 (CLUENER), 1.52 (CMeEE), that is 0.82 and 0.66 of its time"
        ),
        kind="comparison",
        tasks=HARDER,
        sides=(
            Side("pointer", "ner/globalpointer:kernel=plain", encoder="mini-zh"),
            Side("crf", "ner/crf:kernel=plain", encoder="mini-zh"),
        ),
        metric="train_time_ratio",
        predicate=FASTER_ON_CPU,
        smallest=0.05,
        seeds=1,
        items=20,
        power=0.99,
        assumes=TIMED,
        scope=(
            "Two cores of a CPU, float32, mini-zh as the body, kernel=plain for both heads: the recursion token by "
            "token and all scores at once, which is nearest to the source's TensorFlow code."
        ),
    ),
    Claim(
        id="train_speed_gpu",
        says="On a GPU GlobalPointer trains faster than a CRF.",
        source=SOURCE,
        section="results, column of training speed",
        published=TRAIN_PUBLISHED,
        kind="comparison",
        tasks=HARDER,
        sides=(MINI_POINTER, MINI_CRF),
        metric="train_time_ratio",
        predicate=Tasks(Below(TimeRatio("pointer", "crf", device="cuda"), margin=0.95)),
        smallest=0.05,
        seeds=1,
        items=20,
        power=0.99,
        assumes=TIMED,
        scope=ON_GPU,
        arithmetic="bf16",
    ),
    Claim(
        id="predict_speed_cpu",
        says="On a CPU GlobalPointer decodes nested entities faster than a CRF.",
        source=SOURCE,
        section="results, column of prediction speed",
        published=PREDICT_PUBLISHED,
        kind="comparison",
        tasks=("ner/cmeee",),
        sides=(MINI_POINTER, MINI_CRF),
        metric="predict_time_ratio",
        predicate=Below(TimeRatio("pointer", "crf", measure="predict/whole/trace"), margin=0.95),
        smallest=0.05,
        seeds=1,
        items=20,
        power=0.99,
        assumes=TIMED,
        scope=ON_CPU,
    ),
    Claim(
        id="predict_speed_gpu",
        says="On a GPU GlobalPointer decodes nested entities faster than a CRF.",
        source=SOURCE,
        section="results, column of prediction speed",
        published=PREDICT_PUBLISHED,
        kind="comparison",
        tasks=("ner/cmeee",),
        sides=(MINI_POINTER, MINI_CRF),
        metric="predict_time_ratio",
        predicate=Below(TimeRatio("pointer", "crf", measure="predict/whole/trace", device="cuda"), margin=0.95),
        smallest=0.05,
        seeds=1,
        items=20,
        power=0.99,
        assumes=TIMED,
        scope=ON_GPU,
        arithmetic="bf16",
    ),
    Claim(
        id="efficient_speed",
        says="Efficient GlobalPointer trains no slower than GlobalPointer.",
        source=EFFICIENT_SOURCE,
        section="results, remark on speed",
        published="no table: speed is said to be about that of GlobalPointer",
        kind="comparison",
        tasks=HARDER,
        sides=(Side("efficient", "ner/efficient_globalpointer", encoder="mini-zh"), MINI_POINTER),
        metric="train_time_ratio",
        predicate=Tasks(Below(TimeRatio("efficient", "pointer"), margin=1.05)),
        smallest=0.05,
        seeds=1,
        items=20,
        power=0.7,
        assumes="equal times; standard error of a ratio of about 2 %, from 20 blocks timed in turn",
        scope=ON_CPU,
    ),
)
