"""Length: what a language model does with texts longer than those it was trained on.

Su 2023 (kexue.fm/archives/9431) and what it leans on: masks at reading, HWFA, NTK and ReRoPE, log n, ALiBi, KERPLE, xPos,
Sandwich, no positions, windows. Three readings tell different stories, so each says which it is: windows side by side; a
window that moves on by one token; the same last tokens with ever more context before them.
"""

from harness.claim import Above, AllOf, Below, Claim, Difference, Side, Tasks, TimeRatio, Value, Within

BOOKS = ("lm/novels_en@2", "lm/histories_zh@1")
SCOPE = (
    "A decoder of 4 layers and about 0.8 million parameters, 400 steps of 16 windows of 256 tokens, read up to 4,096; "
    "whole books to test: ten English novels in bytes and twelve Chinese classics in modern Chinese, in characters."
)
KERPLE_SCOPE = SCOPE + " The kernel's coefficients hardly move in 400 steps; the source trains 50,000."
COPY_SCOPE = (
    "A decoder of 4 layers and about 0.8 million parameters, 400 steps of 16 texts of 256 bytes made by code; forty "
    "texts of each length."
)

SU_9431 = "Su 2023, https://kexue.fm/archives/9431"
SU_9603 = "Su 2023, https://kexue.fm/archives/9603"
SU_9706 = "Su 2023, https://kexue.fm/archives/9706"
SU_9708 = "Su 2023, https://kexue.fm/archives/9708"
ALIBI_PAPER = "Press et al. 2022, ALiBi, ICLR, arXiv 2108.12409"
KERPLE_PAPER = "Chi et al. 2022, KERPLE, NeurIPS, arXiv 2205.09921"
XPOS_PAPER = "Sun et al. 2023, xPos, ACL, arXiv 2212.10554"
NOPE_PAPER = "Kazemnejad et al. 2023, NeurIPS, arXiv 2305.19466"
ALIBI_SPEED = "words a second in training at 512: ALiBi 28.3k, rotary 20.0k, that is 0.71 of the time (one V100)"

ROPE = Side("rope", "lm/rope")
ALIBI = Side("alibi", "lm/alibi")
SINUSOIDAL = Side("sinusoidal", "lm/sinusoidal")
HWFA = Side("hwfa", "lm/hwfa")
NTK = Side("ntk", "lm/ntk")
REROPE = Side("rerope", "lm/rerope")
INTERPOLATION = Side("interpolation", "lm/position_interpolation")
BLOCKS = Side("blocks", "lm/xpos:blocks=true")
MASKED = Side("masked", "lm/super_baseline")
WINDOW = Side("window", "lm/window")

BITS = "bits_per_byte"  # at the training length
# Windows side by side
TILED_256 = "bits_per_byte_nonoverlapping_256"
TILED_1024 = "bits_per_byte_nonoverlapping_1024"
TILED_2048 = "bits_per_byte_nonoverlapping_2048"
TILED_4096 = "bits_per_byte_nonoverlapping_4096"
# A window that moves on by one token
SLIDING_256 = "bits_per_byte_sliding_256_1"
SLIDING_1024 = "bits_per_byte_sliding_1024_1"
# The same last 256 tokens with ever more before them
GROWING_256 = "bits_per_byte_growing_256_256"
GROWING_512 = "bits_per_byte_growing_512_256"
GROWING_1024 = "bits_per_byte_growing_1024_256"
GROWING_2048 = "bits_per_byte_growing_2048_256"
GROWING_4096 = "bits_per_byte_growing_4096_256"

KERPLE_BELOW_ALIBI = Tasks(
    AllOf(
        (
            Above(Difference(Value("alibi", metric=TILED_2048), Value("kerple", metric=TILED_2048)), 0.005),
            Above(Difference(Value("alibi", metric=TILED_4096), Value("kerple", metric=TILED_4096)), 0.005),
        )
    )
)

NO_CHANGE = (
    "a change of 0.00; standard error 0.006 over 10 books and 6 seeds, from differences within one record of novels_en "
    "at version 1. 0.02 bits a byte is a tenth of what plain RoPE loses at twice its length."
)
LOSS = (
    "a loss of 0.5 bits; standard error 0.1 over 10 books and 6 seeds (novels_en at version 1: 1.4 bits at four times "
    "the length)"
)
GAIN = "a difference of 0.3 bits; standard error 0.07 over 10 books and 6 seeds"
SMALL_GAIN = "a difference of 0.015 bits; standard error 0.004 over 10 books and 6 seeds"

CLAIMS = (
    Claim(
        id="rope_fails",
        says="A decoder with rotary positions fails beyond its training length, however it is read.",
        source=SU_9431,
        section="opening: RoPE alone extrapolates by about 10 to 20 %",
        published="no table; Su 2023 (9603): accuracy 49.41 at 512, 23.16 at 4,096",
        kind="trend",
        tasks=BOOKS,
        sides=(ROPE,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("rope", metric=GROWING_1024), Value("rope", metric=GROWING_256)), 0.1),
                    Above(Difference(Value("rope", metric=TILED_1024), Value("rope", metric=TILED_256)), 0.1),
                    Above(Difference(Value("rope", metric=SLIDING_1024), Value("rope", metric=SLIDING_256)), 0.1),
                )
            )
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.96,
        assumes=LOSS + ". 0.1 bits is a twentieth of what is learnt.",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="super_baseline_holds",
        says="Read through a mask of its training length, the same decoder keeps its score beyond that length.",
        source=SU_9431,
        section="the super baseline",
        published="no table: it is said to be hard to beat",
        kind="trend",
        tasks=BOOKS,
        sides=(MASKED,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Below(Difference(Value("masked", metric=GROWING_1024), Value("masked", metric=GROWING_256)), 0.02),
                    Below(Difference(Value("masked", metric=TILED_1024), Value("masked", metric=TILED_256)), 0.02),
                    Below(Difference(Value("masked", metric=SLIDING_1024), Value("masked", metric=SLIDING_256)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.86,
        assumes=NO_CHANGE,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="super_baseline_repairs",
        says="The mask alone, without training again, repairs what rotary positions lose beyond the training length.",
        source=SU_9431,
        section="the super baseline",
        published="no table",
        kind="comparison",
        tasks=BOOKS,
        sides=(MASKED, ROPE),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("rope", metric=GROWING_1024), Value("masked", metric=GROWING_1024)), 0.1),
                    Above(Difference(Value("rope", metric=TILED_1024), Value("masked", metric=TILED_1024)), 0.1),
                    Above(Difference(Value("rope", metric=SLIDING_1024), Value("masked", metric=SLIDING_1024)), 0.1),
                )
            )
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.96,
        assumes=LOSS,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="blocks_worse_than_mask",
        says="On xPos the plain mask of the training length is better than reading by blocks.",
        source=SU_9431,
        section="xPos and its block-wise causal attention",
        published="no table: the post finds blocks worse than the local mask",
        kind="comparison",
        tasks=BOOKS,
        sides=(BLOCKS, Side("masked", "lm/super_baseline:scheme=xpos")),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(
                        Difference(Value("blocks", metric=GROWING_4096), Value("masked", metric=GROWING_4096)), 0.005
                    ),
                    Above(Difference(Value("blocks", metric=TILED_4096), Value("masked", metric=TILED_4096)), 0.005),
                )
            )
        ),
        smallest=0.005,
        seeds=6,
        items=10,
        power=0.93,
        assumes="a difference of 0.02 bits; standard error 0.004 over 10 books and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="hwfa_holds",
        says=(
            "HWFA, windows below and one full layer without positions on top, keeps its score beyond its training "
            "length."
        ),
        source=SU_9603,
        section="table of experiments",
        published="accuracy: 48.70 at 512, 48.15 at 4,096 (text that does not repeat)",
        kind="trend",
        tasks=BOOKS,
        sides=(HWFA,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Below(Difference(Value("hwfa", metric=GROWING_1024), Value("hwfa", metric=GROWING_256)), 0.02),
                    Below(Difference(Value("hwfa", metric=TILED_1024), Value("hwfa", metric=TILED_256)), 0.02),
                    Below(Difference(Value("hwfa", metric=SLIDING_1024), Value("hwfa", metric=SLIDING_256)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.86,
        assumes=NO_CHANGE,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="hwfa_over_rope",
        says="At many times the training length HWFA is far better than rotary positions.",
        source=SU_9603,
        section="table of experiments",
        published="accuracy at 4,096 after training at 512: 48.15 against 23.16",
        kind="comparison",
        tasks=BOOKS,
        sides=(HWFA, ROPE),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("rope", metric=GROWING_2048), Value("hwfa", metric=GROWING_2048)), 0.1),
                    Above(Difference(Value("rope", metric=TILED_2048), Value("hwfa", metric=TILED_2048)), 0.1),
                )
            )
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.96,
        assumes=LOSS,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="hwfa_cost",
        says="At the training length HWFA costs little.",
        source=SU_9603,
        section="table of experiments",
        published="accuracy at 512: 48.70 against 49.41",
        kind="comparison",
        tasks=BOOKS,
        sides=(HWFA, ROPE),
        metric=BITS,
        predicate=Tasks(Below(Difference(Value("hwfa", metric=BITS), Value("rope", metric=BITS)), 0.02)),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.72,
        assumes="a difference of 0.00 bits; standard error 0.007 over 10 books and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="hwfa_repeats",
        says="HWFA finds a repeated text beyond its training length, which a window of that length cannot.",
        source=SU_9603,
        section="table of experiments, repeated text",
        published="accuracy at 4,096: 80.84 where the text repeats, 48.15 where it does not",
        kind="comparison",
        tasks=("lm/copy_far",),
        sides=(HWFA, MASKED),
        metric="recall",
        predicate=AllOf(
            (
                Above(Difference(Value("hwfa", strata=(1,)), Value("masked", strata=(1,))), 0.1),
                Above(Difference(Value("hwfa", strata=(2,)), Value("masked", strata=(2,))), 0.1),
            )
        ),
        smallest=0.1,
        seeds=6,
        items=40,
        power=0.99,
        assumes=(
            "a recall higher by 0.3 at 500 and 1,012 tokens back; standard error 0.04 over 40 texts and 6 seeds. "
            "Naming any letter of the string is right once in eight to ten."
        ),
        scope=COPY_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="ntk_over_rope",
        says="NTK-aware reading extends rotary positions without training.",
        source=SU_9706,
        section="table of experiments",
        published="accuracy at 4,096 after training at 512: 40.12 (mixed) against 23.16",
        kind="comparison",
        tasks=BOOKS,
        sides=(NTK, ROPE),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("rope", metric=GROWING_2048), Value("ntk", metric=GROWING_2048)), 0.1),
                    Above(Difference(Value("rope", metric=TILED_2048), Value("ntk", metric=TILED_2048)), 0.1),
                )
            )
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.72,
        assumes=GAIN,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="ntk_mixed_over_fixed",
        says="NTK-RoPE-mixed is better than NTK-RoPE-fixed at eight times the training length.",
        source=SU_9706,
        section="table of experiments",
        published="accuracy at 4,096: 40.12 (mixed) against 39.61 (fixed); repeated text 53.09 against 51.86",
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("mixed", "lm/ntk"), Side("fixed", "lm/ntk:form=fixed")),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("fixed", metric=GROWING_2048), Value("mixed", metric=GROWING_2048)), 0.01),
                    Above(Difference(Value("fixed", metric=TILED_2048), Value("mixed", metric=TILED_2048)), 0.01),
                )
            )
        ),
        smallest=0.01,
        seeds=6,
        items=10,
        power=0.4,
        assumes="a difference of 0.05 bits; standard error 0.02 over 10 books and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="interpolation_harms",
        says="Position interpolation without training again is worse than leaving rotary positions as they are.",
        source=SU_9706,
        section="table of experiments",
        published="accuracy at 4,096: 13.54 (PI-RoPE) against 23.16 (baseline); repeated text 15.04 against 24.17",
        kind="comparison",
        tasks=BOOKS,
        sides=(INTERPOLATION, ROPE),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(
                        Difference(Value("interpolation", metric=GROWING_2048), Value("rope", metric=GROWING_2048)),
                        0.05,
                    ),
                    Above(
                        Difference(Value("interpolation", metric=TILED_2048), Value("rope", metric=TILED_2048)), 0.05
                    ),
                )
            )
        ),
        smallest=0.05,
        seeds=6,
        items=10,
        power=0.9,
        assumes=GAIN,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="rerope_holds",
        says="ReRoPE keeps the score of rotary positions beyond the training length.",
        source=SU_9708,
        section="table of experiments",
        published="accuracy, w = 256 of 512: 49.41 at 512, 48.48 at 4,096",
        kind="trend",
        tasks=BOOKS,
        sides=(REROPE,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Below(Difference(Value("rerope", metric=GROWING_1024), Value("rerope", metric=GROWING_256)), 0.02),
                    Below(Difference(Value("rerope", metric=TILED_1024), Value("rerope", metric=TILED_256)), 0.02),
                    Below(Difference(Value("rerope", metric=SLIDING_1024), Value("rerope", metric=SLIDING_256)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.86,
        assumes=NO_CHANGE,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="rerope_over_ntk",
        says="ReRoPE is better than NTK-aware reading.",
        source=SU_9708,
        section="table of experiments",
        published=(
            "accuracy at 4,096: 48.48 (ReRoPE-w256) against 40.12 (NTK-RoPE-mixed); repeated text 77.90 against 53.09"
        ),
        kind="comparison",
        tasks=BOOKS,
        sides=(REROPE, NTK),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("ntk", metric=GROWING_2048), Value("rerope", metric=GROWING_2048)), 0.02),
                    Above(Difference(Value("ntk", metric=TILED_2048), Value("rerope", metric=TILED_2048)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.96,
        assumes=GAIN,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="rerope_repeats",
        says="ReRoPE finds a repeated text beyond the training length, which rotary positions alone do not.",
        source=SU_9708,
        section="table of experiments, repeated text",
        published="accuracy at 4,096 where the text repeats: 77.90 (ReRoPE-w256) against 24.17 (RoPE)",
        kind="comparison",
        tasks=("lm/copy_far",),
        sides=(REROPE, ROPE),
        metric="recall",
        predicate=AllOf(
            (
                Above(Difference(Value("rerope", strata=(1,)), Value("rope", strata=(1,))), 0.1),
                Above(Difference(Value("rerope", strata=(2,)), Value("rope", strata=(2,))), 0.1),
            )
        ),
        smallest=0.1,
        seeds=6,
        items=40,
        power=0.99,
        assumes="a recall higher by 0.5 at 500 and 1,012 tokens back; standard error 0.05 over 40 texts and 6 seeds",
        scope=COPY_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="readers_unchanged",
        says="What only changes how a longer text is read leaves the score at the training length as it is.",
        source=SU_9708,
        section="table of experiments, column 512",
        published="accuracy at 512: 49.41 for the baseline, PI-RoPE, NTK-RoPE and ReRoPE alike",
        kind="identity",
        tasks=BOOKS,
        sides=(ROPE, INTERPOLATION, NTK, REROPE, MASKED),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Within(Difference(Value("interpolation", metric=BITS), Value("rope", metric=BITS)), 0.0001),
                    Within(Difference(Value("ntk", metric=BITS), Value("rope", metric=BITS)), 0.0001),
                    Within(Difference(Value("rerope", metric=BITS), Value("rope", metric=BITS)), 0.0001),
                    Within(Difference(Value("masked", metric=BITS), Value("rope", metric=BITS)), 0.0001),
                )
            )
        ),
        smallest=0.0001,
        seeds=6,
        items=10,
        power=0.99,
        assumes="equal numbers: the weights are the same, and within 256 tokens so are the readings",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="bias_extrapolates",
        says="A bias on q and k lets rotary positions extrapolate.",
        source="Su 2023, https://kexue.fm/archives/9577",
        section="table of experiments",
        published=(
            "accuracy without and with bias after training at 512: 1,024 33.15 and 50.99, 2,048 22.85 and 45.25, "
            "4,096 17.87 and 39.55"
        ),
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("bias", "lm/rope:bias=true"), ROPE),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("rope", metric=GROWING_512), Value("bias", metric=GROWING_512)), 0.05),
                    Above(Difference(Value("rope", metric=GROWING_1024), Value("bias", metric=GROWING_1024)), 0.05),
                    Above(Difference(Value("rope", metric=TILED_1024), Value("bias", metric=TILED_1024)), 0.05),
                )
            )
        ),
        smallest=0.05,
        seeds=6,
        items=10,
        power=0.89,
        assumes=(
            "a difference of 0.4 bits; standard error 0.1 over 10 books and 6 seeds. The post warns that the effect "
            "does not always come back."
        ),
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="log_n_extrapolates",
        says="Scaling the logits by log n lets attention extrapolate better.",
        source="Su 2021, https://kexue.fm/archives/8823",
        section="table of experiments",
        published=(
            "MLM accuracy after training at 64, without and with log n: 128 36.53 and 41.17, 256 23.02 and 34.04, 512 "
            "15.12 and 20.15"
        ),
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("log_n", "lm/log_n"), ROPE),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(Difference(Value("rope", metric=GROWING_512), Value("log_n", metric=GROWING_512)), 0.02),
                    Above(Difference(Value("rope", metric=GROWING_1024), Value("log_n", metric=GROWING_1024)), 0.02),
                    Above(Difference(Value("rope", metric=TILED_1024), Value("log_n", metric=TILED_1024)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.77,
        assumes=(
            "a difference of 0.2 bits; standard error 0.06 over 10 books and 6 seeds. The post trains a bidirectional "
            "encoder; Su 2023 (9706) has 24.02 against 23.16 for a causal one."
        ),
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="alibi_holds",
        says="A decoder with ALiBi keeps its score beyond its training length.",
        source=ALIBI_PAPER,
        section="tables 2 and 15",
        published=(
            "perplexity after training at 512: side by side 19.73 at 512, 18.41 at 2,512; stride 1: 17.98 at 512, "
            "18.30 at 3,072"
        ),
        kind="trend",
        tasks=BOOKS,
        sides=(ALIBI,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Below(Difference(Value("alibi", metric=GROWING_1024), Value("alibi", metric=GROWING_256)), 0.02),
                    Below(Difference(Value("alibi", metric=TILED_1024), Value("alibi", metric=TILED_256)), 0.02),
                    Below(Difference(Value("alibi", metric=SLIDING_1024), Value("alibi", metric=SLIDING_256)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.86,
        assumes=NO_CHANGE,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="alibi_gain_is_context",
        says=(
            "Side by side ALiBi improves with longer windows; with a window that moves on by one token, where every "
            "token has a full context, it does not."
        ),
        source=ALIBI_PAPER,
        section="appendix B, tables 5 and 15",
        published="perplexity from 512 to 3,072: side by side 19.73 to 18.40, stride 1 17.98 to 18.30",
        kind="trend",
        tasks=BOOKS,
        sides=(ALIBI,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Below(Difference(Value("alibi", metric=TILED_1024), Value("alibi", metric=TILED_256)), -0.002),
                    Above(Difference(Value("alibi", metric=SLIDING_1024), Value("alibi", metric=SLIDING_256)), -0.002),
                )
            )
        ),
        smallest=0.002,
        seeds=6,
        items=10,
        power=0.96,
        assumes=(
            "a gain of 0.01 bits side by side and of none with stride 1; standard error 0.002 over 10 books and 6 "
            "seeds. The published gain is about 0.02 bits a byte; a tenth of it is asked for."
        ),
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="alibi_over_sinusoidal",
        says="At the training length ALiBi is at least as good as sinusoids.",
        source=ALIBI_PAPER,
        section="table 5",
        published="perplexity at 512: ALiBi 19.73, sinusoidal 20.05; at 3,072: 17.60 and 18.67",
        kind="comparison",
        tasks=BOOKS,
        sides=(ALIBI, SINUSOIDAL),
        metric=BITS,
        predicate=Tasks(Above(Difference(Value("sinusoidal", metric=BITS), Value("alibi", metric=BITS)), -0.01)),
        smallest=0.01,
        seeds=6,
        items=10,
        power=0.77,
        assumes="a difference of 0.005 bits; standard error 0.005 over 10 books and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="sinusoidal_fails",
        says="Sinusoidal positions fail beyond the training length.",
        source=ALIBI_PAPER,
        section="tables 2 and 13",
        published=(
            "perplexity after training at 512: 20.05 at 512, 43.54 at 1,012; stride 1: 18.35 at 512, 204.42 at 1,024"
        ),
        kind="trend",
        tasks=BOOKS,
        sides=(SINUSOIDAL,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(
                        Difference(Value("sinusoidal", metric=GROWING_1024), Value("sinusoidal", metric=GROWING_256)),
                        0.1,
                    ),
                    Above(
                        Difference(Value("sinusoidal", metric=TILED_1024), Value("sinusoidal", metric=TILED_256)), 0.1
                    ),
                    Above(
                        Difference(Value("sinusoidal", metric=SLIDING_1024), Value("sinusoidal", metric=SLIDING_256)),
                        0.1,
                    ),
                )
            )
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.96,
        assumes=LOSS,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="alibi_train_speed_cpu",
        says="On a CPU ALiBi trains faster than rotary positions.",
        source=ALIBI_PAPER,
        section="table 1",
        published=ALIBI_SPEED,
        kind="comparison",
        tasks=("lm/novels_en",),
        sides=(ALIBI, ROPE),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("alibi", "rope"), 0.95),
        smallest=0.05,
        seeds=1,
        items=12,
        power=0.99,
        assumes="the published ratio; standard error 0.01 from 12 blocks timed in turn",
        scope=(
            "Two cores of a CPU (AMD EPYC), float32, 0.8 million parameters, 16 windows of 256 tokens a step; the "
            "source has 247 million on a V100."
        ),
    ),
    Claim(
        id="alibi_train_speed_gpu",
        says="On a GPU ALiBi trains faster than rotary positions.",
        source=ALIBI_PAPER,
        section="table 1",
        published=ALIBI_SPEED,
        kind="comparison",
        tasks=("lm/novels_en",),
        sides=(ALIBI, ROPE),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("alibi", "rope", device="cuda"), 0.95),
        smallest=0.05,
        seeds=1,
        items=12,
        power=0.99,
        assumes="the published ratio; standard error 0.02 from 20 blocks timed in turn",
        scope="One GPU, 0.8 million parameters, 16 windows of 256 tokens a step; the source has 247 million on a V100.",
        arithmetic="bf16",
    ),
    Claim(
        id="kerple_log_over_alibi",
        says="Beyond the training length KERPLE's logarithmic kernel is better than ALiBi.",
        source=KERPLE_PAPER,
        section="table 3",
        published=(
            "OpenWebText2 perplexity after training at 512: 21.6 against 22.5 at 2,048, 21.2 against 22.2 at 4,096 "
            "(five seeds)"
        ),
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("kerple", "lm/kerple"), ALIBI),
        metric=BITS,
        predicate=KERPLE_BELOW_ALIBI,
        smallest=0.005,
        seeds=6,
        items=10,
        power=0.59,
        assumes=SMALL_GAIN + ". The published gap is about 0.015 bits a byte.",
        scope=KERPLE_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="kerple_power_over_alibi",
        says="Beyond the training length KERPLE's power kernel is better than ALiBi.",
        source=KERPLE_PAPER,
        section="table 3",
        published=(
            "OpenWebText2 perplexity after training at 512: 21.9 against 22.5 at 2,048, 21.5 against 22.2 at 4,096 "
            "(five seeds)"
        ),
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("kerple", "lm/kerple:kernel=power"), ALIBI),
        metric=BITS,
        predicate=KERPLE_BELOW_ALIBI,
        smallest=0.005,
        seeds=6,
        items=10,
        power=0.59,
        assumes=SMALL_GAIN + ". The published gap is about 0.01 bits a byte.",
        scope=KERPLE_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="alibi_behind_window",
        says="At 4,096 tokens ALiBi is worse than a KERPLE that is read through a window of the training length.",
        source=KERPLE_PAPER,
        section="5.5 and A.6",
        published="figures only: ALiBi lies above the windowed curve at almost all positions",
        kind="comparison",
        tasks=BOOKS,
        sides=(ALIBI, Side("windowed", "lm/super_baseline:scheme=kerple")),
        metric=BITS,
        predicate=Tasks(
            AllOf((Above(Difference(Value("alibi", metric=TILED_4096), Value("windowed", metric=TILED_4096)), 0.005),))
        ),
        smallest=0.005,
        seeds=6,
        items=10,
        power=0.59,
        assumes=SMALL_GAIN,
        scope=KERPLE_SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="xpos_over_rope",
        says="At the training length xPos is better than RoPE.",
        source=XPOS_PAPER,
        section="tables 2 and 4",
        published="perplexity at 1,024: 23.31 (LEX) against 25.52 (RoFormer); ablation 17.54 against 17.74",
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("xpos", "lm/xpos"), ROPE),
        metric=BITS,
        predicate=Tasks(Above(Difference(Value("rope", metric=BITS), Value("xpos", metric=BITS)), 0.002)),
        smallest=0.002,
        seeds=6,
        items=10,
        power=0.66,
        assumes="a difference of 0.01 bits; standard error 0.003 over 10 books and 6 seeds",
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="xpos_blocks_hold",
        says="Read by blocks, xPos keeps its score beyond its training length.",
        source=XPOS_PAPER,
        section="tables 2 and 5",
        published="perplexity of xPos with blocks: 23.31 at 1,024 (the training length), 21.6 at 2,048, 20.73 at 4,096",
        kind="trend",
        tasks=BOOKS,
        sides=(BLOCKS,),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Below(Difference(Value("blocks", metric=GROWING_1024), Value("blocks", metric=GROWING_256)), 0.02),
                    Below(Difference(Value("blocks", metric=TILED_1024), Value("blocks", metric=TILED_256)), 0.02),
                    Below(Difference(Value("blocks", metric=SLIDING_1024), Value("blocks", metric=SLIDING_256)), 0.02),
                )
            )
        ),
        smallest=0.02,
        seeds=6,
        items=10,
        power=0.86,
        assumes=NO_CHANGE,
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="sandwich_looks_far",
        says="Sandwich makes use of text farther back than its training length: cut off there, it is worse.",
        source="Chi et al. 2023, Sandwich, ACL, arXiv 2212.10356",
        section="abstract and section 5",
        published="tables not obtained; the abstract says it truly uses information beyond the training length",
        kind="comparison",
        tasks=BOOKS,
        sides=(Side("sandwich", "lm/sandwich"), Side("masked", "lm/super_baseline:scheme=sandwich")),
        metric=BITS,
        predicate=Tasks(
            AllOf(
                (
                    Above(
                        Difference(Value("masked", metric=GROWING_1024), Value("sandwich", metric=GROWING_1024)), 0.001
                    ),
                    Above(
                        Difference(Value("masked", metric=GROWING_2048), Value("sandwich", metric=GROWING_2048)), 0.001
                    ),
                )
            )
        ),
        smallest=0.001,
        seeds=6,
        items=10,
        power=0.66,
        assumes=(
            "a difference of 0.005 bits; standard error 0.0015 over 10 books and 6 seeds. A thousandth of a bit is "
            "the least that four times the context should give."
        ),
        scope=SCOPE,
        arithmetic="bf16",
    ),
    Claim(
        id="nope_fails",
        says=(
            "Without positions a decoder fails when the context grows beyond the training length and the scored "
            "tokens stay the same."
        ),
        source=NOPE_PAPER,
        section="table 3",
        published=(
            "printed at contexts of 1,024 (the training length), 1,400, 1,800 and 2,304: 2.666, 2.504, 41.194 and "
            "311.138"
        ),
        kind="trend",
        tasks=BOOKS,
        sides=(Side("nope", "lm/nope"),),
        metric=BITS,
        predicate=Tasks(
            AllOf((Above(Difference(Value("nope", metric=GROWING_1024), Value("nope", metric=GROWING_256)), 0.1),))
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.96,
        assumes=LOSS,
        scope=SCOPE + " NoPE is undertrained at 400 steps; the source has 1.3 billion parameters and code.",
        arithmetic="bf16",
    ),
    Claim(
        id="alibi_fails_growing",
        says=(
            "Where the scored tokens stay the same and the context grows, ALiBi, too, fails at twice its training "
            "length."
        ),
        source=NOPE_PAPER,
        section="table 3",
        published=(
            "printed at contexts of 1,024 (the training length), 1,400, 1,800 and 2,048: 2.735, 2.741, 13.814 and "
            "42.951"
        ),
        kind="trend",
        tasks=BOOKS,
        sides=(ALIBI,),
        metric=BITS,
        predicate=Tasks(
            AllOf((Above(Difference(Value("alibi", metric=GROWING_1024), Value("alibi", metric=GROWING_256)), 0.1),))
        ),
        smallest=0.1,
        seeds=6,
        items=10,
        power=0.96,
        assumes=LOSS + ". It contradicts Press et al., which is why it is asked.",
        scope=SCOPE + " The source has 1.3 billion parameters and code.",
        arithmetic="bf16",
    ),
    Claim(
        id="window_linear",
        says="A sliding window makes long texts cheaper to train on than full attention.",
        source="Beltagy et al. 2020, Longformer, arXiv 2004.05150",
        section="3.1 and figure 1",
        published="time and memory linear in the length (a figure)",
        kind="comparison",
        tasks=("lm/novels_en",),
        sides=(WINDOW, ROPE),
        metric="train_time_ratio",
        predicate=Below(TimeRatio("window", "rope", measure="train/whole/1x8192"), 0.5),
        smallest=0.05,
        seeds=1,
        items=6,
        power=0.99,
        assumes="a ratio of 0.2; standard error 0.02 from 6 blocks timed in turn",
        scope=(
            "Two cores of a CPU (AMD EPYC), float32, 0.8 million parameters, 8,192 tokens, a window of 64 in four "
            "layers."
        ),
    ),
    Claim(
        id="window_forgets",
        says="What stands farther back than the windows of all layers together reach cannot be recalled.",
        source=SU_9603,
        section="receptive field: (w - 1) L + 1 tokens for L layers of windows w",
        published="identity: 253 tokens for four layers of windows of 64",
        kind="impossibility",
        tasks=("lm/copy_far",),
        sides=(WINDOW,),
        metric="recall",
        predicate=AllOf(
            (
                Below(Value("window", strata=(1,)), 0.08),
                Below(Value("window", strata=(2,)), 0.08),
                Below(Value("window", strata=(3,)), 0.08),
                Below(Value("window", strata=(4,)), 0.08),
            )
        ),
        smallest=0.03,
        seeds=6,
        items=40,
        power=0.89,
        assumes=(
            "a recall of 0.045, one of the letters that are left; standard error 0.01 over 40 texts and 6 seeds. To "
            "name any letter of the string is right in 0.1 to 0.125 of the places."
        ),
        scope=COPY_SCOPE,
        arithmetic="bf16",
    ),
)
