"""The suite of this folder, with the means over its tasks that papers print."""

from harness.spec import Reference, Suite

SUITES = (
    Suite(
        name="fewclue",
        title="FewCLUE: nine Chinese classification tasks",
        source="Xu et al. 2021, https://arxiv.org/abs/2107.07498",
        references=(
            Reference(
                "Human",
                "accuracy",
                0.825,
                "test",
                "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
                printed="82.50",
            ),
            Reference(
                "NSP-BERT, zero-shot",
                "accuracy",
                0.5596,
                "test",
                "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
                printed="55.96",
            ),
            Reference(
                "PET, zero-shot",
                "accuracy",
                0.451,
                "test",
                "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
                printed="45.10",
            ),
            Reference(
                "PET, zero-shot",
                "accuracy",
                0.446,
                "test",
                "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
                printed="44.60",
            ),
            Reference(
                "GPT, zero-shot",
                "accuracy",
                0.434,
                "test",
                "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
                printed="43.40",
            ),
            Reference(
                "Fine-tuning",
                "accuracy",
                0.428,
                "test",
                "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
                printed="42.80",
            ),
            Reference(
                "Fine-tuning",
                "accuracy",
                0.441,
                "test",
                "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
                printed="44.10",
            ),
            Reference(
                "Majority",
                "accuracy",
                0.2904,
                "test",
                "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
                printed="29.04",
            ),
        ),
    ),
)
