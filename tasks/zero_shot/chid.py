"""ChID of FewCLUE: which of seven idioms fills the gap of a passage?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import FIX, Row, fewclue_submission, read, with_blank
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_pairs import CANDIDATES, idiom

TASK = Task(
    kind="choice",
    title="ChID: the idiom that fills a gap",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    templates=(
        Template(
            prompt="{option}",
            side="suffix",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
    ),
    split="test",
    train_split="train",
    dev_split="dev",
    files=(
        DataFile(
            split="train",
            name="train_few_all.json",
            sha256="3c947439d7d6144093dac32da66c2d20baaeec02a4bc38388f72c286da6238bc",
            rows=202,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/chid/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="9a826d6173e032e5cf73b41be48b293dc553ad306a9c8b913ffb6829abc68a2f",
            rows=202,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/chid/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="95ced0f30b80a964994ef3eff486ba7b2880e5e4f3aa5be571eb1e88066eed4b",
            rows=2002,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/chid/test_public.json.",
        ),
    ),
    metrics=("accuracy",),
    chance=0.142857,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.52,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "candidates-contrast",
            printed="52.0",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.576,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT",
            printed="57.6",
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.576,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE",
            printed="57.6",
        ),
        Reference(
            "GPT, zero-shot",
            "accuracy",
            0.656,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "",
            printed="65.6",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.157,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT",
            printed="15.7",
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.149,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE",
            printed="14.9",
            spread="0.4",
        ),
        Reference(
            "Human",
            "accuracy",
            0.871,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train",
            printed="87.1",
        ),
        Reference(
            "Majority",
            "accuracy",
            0.143,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "always the most frequent label",
            printed="14.3",
        ),
    ),
    notes=(
        "Every question brings its own seven idioms, all of four characters; the right one is at each place 286 times in the 2,002 rows of test.",
        "The gap, #idiom# in the files, is ____ here; it stands in each text exactly once.",
        "Many passages are cut off and end in '...'.",
        "NSP-BERT takes the gap out of the text and gives the candidate the positions of the gap; its table says suffix, its code puts the candidate first.",
    ),
)
GAP = "#idiom#"
OPTIONS = 7


RECIPE = Recipe(idiom, answers=CANDIDATES, seed=107)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The passage with its gap and the idioms, and the number of the right one."""
    asked, answer = question(row), row.whole("answer")
    if not 0 <= answer < OPTIONS:
        raise row.fault(f"answer {answer} is not the number of a candidate, 0 to {OPTIONS - 1}. {FIX}")
    return asked, answer


def question(row: Row) -> Question:
    """The passage with its gap and the idioms; exactly seven different ones."""
    options = row.texts("candidates")
    if len(set(options)) != OPTIONS or len(options) != OPTIONS:
        raise row.fault(f"'candidates' are {len(options)}, {len(set(options))} of them different, not {OPTIONS}. {FIX}")
    return Question(with_blank(row, "content", GAP), options=options)


def submission(path: Path) -> Submission:
    """The test whose answers are hidden, as FewCLUE takes them: the number of the candidate."""
    return fewclue_submission(question, range(OPTIONS), "chidf_predict.json", field="answer")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers."""
    return score_choice(gold, outputs, labels=TASK.labels)
