"""``harness check``: a sound file passes, and each way to break a promise is named with its way out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness.cli.main import main
from harness.contract import judging
from harness.registry.shelves import find

MOUSE = '''"""A model that learns by gradients; what goes wrong is a setting."""
from __future__ import annotations
from dataclasses import dataclass
import torch
from harness.spec import Model
MODEL = Model(title="mouse", source="a test", kinds=("spans",), capabilities=("Learns", "Predicts"), needs=("torch",))
@dataclass(frozen=True)
class Config:
    """Settings."""
    fault: str = "none"  # what goes wrong
class Mouse(torch.nn.Module):
    def __init__(self, config, task, seed):
        super().__init__()
        self.fault, self.labels, self.seen = config.fault, task.labels, 0
        generator = torch.Generator().manual_seed(seed)
        self.weight = torch.nn.Parameter(torch.rand(3, generator=None if self.fault == "seed" else generator))
    def prepare(self, train): self.limit = 1
    def parameter_groups(self, learning_rate, pretrained_learning_rate):
        return [{"params": [] if self.fault == "groups" else [self.weight], "lr": learning_rate}]
    def encode(self, example): return example
    def loss(self, items):
        self.limit += self.fault == "state"
        loss = self.weight.sum() / (0 if self.fault == "nan" else 1)
        return loss * float("nan") if self.fault == "nan" else loss
    def predict(self, inputs):
        spans = [[(*text.offsets()[0], self.labels[0])] * min(1, self.limit) for text in inputs]
        if self.fault == "state": spans = [answer if self.limit > 1 else [] for answer in spans]
        if self.fault == "short": spans = spans[1:]
        if self.fault == "order": spans = [answer if place else [] for place, answer in enumerate(spans)] if len(spans) < 2 else sorted(spans)
        if self.fault == "batch" and len(inputs) > 1: spans = [[] for _ in inputs]
        if self.fault == "outside": spans = [[(0, 10**6, self.labels[0])] for _ in inputs]
        if self.fault == "label": spans = [[(*text.offsets()[0], "XYZ")] for text in inputs]
        if self.fault == "tensor": spans = [[(torch.tensor(0), torch.tensor(1), self.labels[0])] for _ in inputs]
        return spans
def build(config, task, device, seed): return Mouse(config, task, seed)
'''


def failures(name: str) -> dict[str, str]:
    """Rule -> reason for the rules that a file fails."""
    for shelf in ("tasks", "models"):
        try:
            entry = find(shelf, name)
        except Exception:
            continue
        return {verdict.rule: verdict.reason for verdict in judging.examine(entry) if not verdict.holds}
    raise AssertionError(f"no {name}")


def test_sound_files_pass(capsys: pytest.CaptureFixture[str], shelf: Any) -> None:
    """A sound task and a sound model exit 0 with one line a rule."""
    shelf()
    for name in ("toy/pets", "toy/parrot"):
        assert main(["check", name]) == 0
        page = capsys.readouterr().out
        assert page.count("  pass  ") >= 10
        assert "FAIL" not in page
        assert "All rules hold." in page


TASK_FAULTS: dict[str, tuple[Callable[[str], str], str, str]] = {
    "unknown metric": (
        lambda s: s.replace('metrics=("span_f1",)', 'metrics=("spam_f1",)'),
        "card_is_complete",
        "no metric is called spam_f1",
    ),
    "label twice": (
        lambda s: s.replace('("CAT", "DOG")', '("CAT", "DOG", "DOG")'),
        "card_is_complete",
        "a label twice: DOG",
    ),
    "short digest": (lambda s: s.replace('sha256="', 'sha256="zz'), "card_is_complete", "is not a SHA-256"),
    "no way to get it": (
        lambda s: s.replace(', where="Written by hand."', ""),
        "card_is_complete",
        "where pets_train.txt is given out",
    ),
    "no licence": (lambda s: s.replace('licence="none needed"', 'licence=""'), "card_is_complete", "licence is empty"),
    "reference in per cent": (
        lambda s: s.replace("0.5, ", "50.0, "),
        "references_can_be_placed",
        "which is no proportion",
    ),
    "reference printed otherwise": (
        lambda s: s.replace('0.5, "test", "', '0.5, "test", printed="51.0", source="'),
        "references_can_be_placed",
        "printed as '51.0'",
    ),
    "reference printed in words": (
        lambda s: s.replace('0.5, "test", "', '0.5, "test", printed="half", source="'),
        "references_can_be_placed",
        "printed as 'half'",
    ),
    "reference on no split": (
        lambda s: s.replace('0.5, "test"', '0.5, "exam"'),
        "references_can_be_placed",
        "is on split 'exam'",
    ),
    "imports torch": (
        lambda s: s.replace("from harness.errors", "import torch\nfrom harness.errors"),
        "imports_point_the_right_way",
        "imports torch",
    ),
    "imports the engine": (
        lambda s: s.replace("from harness.errors", "import harness.runner\nfrom harness.errors"),
        "imports_point_the_right_way",
        "imports harness.runner",
    ),
    "empty split": (
        lambda s: s.replace("return (_ex", 'return () if split == "dev" else (_ex'),
        "sample_has_every_split",
        "sample('dev') gives nothing",
    ),
    "any split will do": (
        lambda s: s.replace('if split not in ("train", "dev", "test"):', "if not split:"),
        "sample_has_every_split",
        "does not raise DataError",
    ),
    "chance": (
        lambda s: s.replace('f"{text} in {split}"', "f\"{text} in {split} {__import__('random').random()}\""),
        "sample_is_deterministic",
        "two calls",
    ),
    "hash": (
        lambda s: s.replace('f"{text} in {split}"', 'f"{text} in {split} {hash(text)}"'),
        "sample_is_deterministic",
        "in a fresh process",
    ),
    "ids repeat": (
        lambda s: s.replace('f"{split}-{number}"', "split"),
        "examples_are_sound",
        "has the id 'train' twice",
    ),
    "empty text": (lambda s: s.replace('f"{text} in {split}"', '""'), "examples_are_sound", "the text is empty"),
    "span inside a word": (
        lambda s: s.replace("spans = [(start, end,", "spans = [(start, end - 1,"),
        "examples_are_sound",
        "token borders",
    ),
    "foreign label": (
        lambda s: s.replace('names = {"Tom": "CAT"', 'names = {"Tom": "COW"'),
        "examples_are_sound",
        "label 'COW'",
    ),
    "label never used": (
        lambda s: s.replace('names = {"Tom": "CAT"', 'names = {"Tom": "DOG"'),
        "examples_are_sound",
        "is called CAT",
    ),
    "overlap in a flat task": (
        lambda s: s.replace("tuple(spans))", "tuple(sorted({*spans, *((a, b, 'DOG') for a, b, _ in spans)})))"),
        "examples_are_sound",
        "nested=False",
    ),
    "score misses a metric": (
        lambda s: s.replace("return score_spans(gold, outputs, labels=TASK.labels)", "return {}"),
        "score_ranks",
        "score gives no span_f1",
    ),
    "score is generous": (
        lambda s: s.replace("score_spans(gold, outputs,", "score_spans(gold, [row.target for row in gold],"),
        "score_ranks",
        "no predictions at all",
    ),
    "score is mean": (
        lambda s: s.replace("score_spans(gold, outputs,", "score_spans(gold, [() for row in gold],"),
        "score_ranks",
        "gold scored against itself",
    ),
    "score changes outputs": (
        lambda s: s.replace(
            "return score_spans",
            "[row.sort(reverse=True) or row.clear() for row in outputs if isinstance(row, list)]\n    return score_spans",
        ),
        "score_is_pure",
        "changes its arguments",
    ),
    "group is a number": (
        lambda s: s.replace("def score(", "def group(example):\n    return 7\n\n\ndef score("),
        "groups_are_sound",
        "is 7, not a text",
    ),
    "group in two strata": (
        lambda s: s.replace(
            "def score(",
            "def group(example):\n    return 'all'\n\n\ndef stratum(example):\n    return example.id\n\n\ndef score(",
        ),
        "groups_are_sound",
        "lies in two strata",
    ),
    "group by time": (
        lambda s: s.replace(
            "def score(",
            "FIRST = __import__('itertools').count()\n\n\ndef group(example):\n    return str(next(FIRST) == 0)\n\n\ndef score(",
        ),
        "groups_are_sound",
        "asked twice",
    ),
    "reads nothing": (
        lambda s: s.replace("if not lines:", "if False:"),
        "faulty_files_are_refused",
        "although it is empty",
    ),
    "wrong error": (
        lambda s: s.replace("except UnicodeDecodeError as error", "except KeyError as error"),
        "faulty_files_are_refused",
        "UnicodeDecodeError",
    ),
}


@pytest.mark.parametrize("fault", TASK_FAULTS)
def test_a_faulty_task_fails_its_rule(shelf: Any, pets_source: str, fault: str) -> None:
    """Each fault is found by the rule that is about it, with a reason that names it."""
    change, rule, said = TASK_FAULTS[fault]
    changed = change(pets_source)
    assert changed != pets_source
    shelf({"tasks/toy/pets.py": changed}, name=f"faulty {fault}")
    found = failures("toy/pets")
    assert said in found.get(rule, ""), found


MODEL_FAULTS = {
    "groups": ("learns", "optimizer got an empty parameter list|groups hold 0 parameters"),
    "nan": ("learns", "not one finite number"),
    "short": ("answers_every_input", "answers to"),
    "outside": ("answers_every_input", "does not lie in a text"),
    "label": ("answers_every_input", "label 'XYZ'"),
    "tensor": ("answers_every_input", "no Python int"),
    "batch": ("answers_alone_as_in_a_batch", "differ when asked alone"),
    "state": ("state_can_be_restored", "not in state_dict"),
    "seed": ("equal_seeds_give_equal_models", "differ in weight"),
}


@pytest.mark.parametrize("fault", MODEL_FAULTS)
def test_a_faulty_model_fails_its_rule(shelf: Any, fault: str) -> None:
    """Each fault is found by the rule that is about it; a sound copy of the same model has none of them."""
    rule, said = MODEL_FAULTS[fault]
    shelf({"baselines/toy/mouse.py": MOUSE.replace('"none"', f'"{fault}"')}, name=f"mouse {fault}")
    found = failures("toy/mouse")
    assert any(part in found.get(rule, "") for part in said.split("|")), found


def test_the_learning_model_without_a_fault_passes(shelf: Any) -> None:
    """The model that the faults are put into keeps every promise as it stands."""
    shelf({"baselines/toy/mouse.py": MOUSE})
    assert failures("toy/mouse") == {}


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (lambda s: s.replace("  # whether it shouts", ""), "settings_are_explained", "no comment beside loud"),
        (lambda s: s.replace('"loud=true"', '"laud=true"'), "variants_can_be_built", "laud"),
        (
            lambda s: s.replace('("Fits", "Predicts")', '("Fits", "Predicts", "Bounded")'),
            "offers_what_it_promises",
            "no method express",
        ),
        (
            lambda s: s.replace('("Fits", "Predicts")', '("Fits", "Sings")'),
            "card_fits_a_protocol",
            "no capability is called Sings",
        ),
        (lambda s: s.replace('kinds=("spans",)', 'kinds=("smells",)'), "card_fits_a_protocol", "kinds smells"),
        (
            lambda s: s.replace("from harness.spec", "import tasks.ner.cmeee\nfrom harness.spec"),
            "imports_point_the_right_way",
            "imports tasks.ner.cmeee",
        ),
        (lambda s: s.replace('title="A parrot"', 'title=""'), "card_can_be_read", "title is empty"),
    ],
)
def test_a_faulty_card_of_a_model_fails_its_rule(
    shelf: Any, parrot_source: str, change: Callable[[str], str], rule: str, said: str
) -> None:
    """Cards, settings and imports of models are held to their rules too."""
    changed = change(parrot_source)
    assert changed != parrot_source
    shelf({"baselines/toy/parrot.py": changed}, name=f"faulty {rule} {said}")
    assert said in failures("toy/parrot").get(rule, "")


SEEDED = {
    "return Parrot()": "made = Parrot()\n    made.drawn = seed % 2\n    return made",
    "if piece in self.known]": "if piece in self.known and not self.drawn]",
}
"""What makes a parrot of which every second one is mute."""


@pytest.mark.parametrize(
    ("draws", "says", "outcome", "reason"),
    [
        (False, True, "pass", ""),
        (True, False, "pass", ""),
        (False, False, "note", "write deterministic=True on the card"),
        (True, True, "FAIL", "another seed gives other answers"),
    ],
)
def test_what_a_card_says_of_chance(
    shelf: Any, parrot_source: str, draws: bool, says: bool, outcome: str, reason: str
) -> None:
    """A model that says it draws nothing answers alike under two seeds; one that could say so gets a note and passes."""
    for old, new in SEEDED.items() if draws else ():
        assert old in parrot_source
        parrot_source = parrot_source.replace(old, new)
    if says:
        parrot_source = parrot_source.replace('kinds=("spans",)', 'deterministic=True, kinds=("spans",)')
    shelf({"baselines/toy/parrot.py": parrot_source}, name=f"{draws} {says}")
    entry = find("models", "toy/parrot")
    assert entry.card.deterministic is says
    found = {verdict.rule: verdict for verdict in judging.examine(entry)}["says_whether_it_draws"]
    assert (found.outcome, found.holds) == (outcome, outcome != "FAIL")
    assert reason in found.reason


def test_a_model_that_learns_by_gradients_is_never_deterministic(shelf: Any) -> None:
    """The order of its batches is drawn, whatever it does itself."""
    shelf({"baselines/toy/mouse.py": MOUSE.replace('kinds=("spans",)', 'deterministic=True, kinds=("spans",)')})
    assert "draws the order of batches" in failures("toy/mouse")["says_whether_it_draws"]


def test_failure_exits_one_and_says_why(capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str) -> None:
    """A failed rule is a FAIL line with its reason, exit code 1, and the same in JSON."""
    shelf({"tasks/toy/pets.py": pets_source.replace("0.5, ", "50.0, ")})
    assert main(["check", "pets"]) == 1
    page = capsys.readouterr().out
    assert "FAIL" in page
    assert "Write 64.84 % as 0.6484" in page
    assert main(["check", "pets", "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert [row["rule"] for row in report["rules"] if not row["holds"]] == ["references_can_be_placed"]


def test_an_unreadable_card_ends_the_check(capsys: pytest.CaptureFixture[str], shelf: Any) -> None:
    """Where the card cannot be read there is one failure, with file and line, not ten that follow from it."""
    shelf(
        {
            "tasks/toy/odd.py": "from harness.spec import Task\nTASK = Task(kind=str(1), title='x', source='x', licence='x')\n"
        }
    )
    assert main(["check", "toy/odd"]) == 1
    page = capsys.readouterr().out
    assert page.count("FAIL") == 1
    assert "odd.py:2" in page


def test_an_unknown_name_is_a_slip(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that no file has exits 2 with the nearest."""
    assert main(["check", "globalpoint"]) == 2
    assert "globalpointer" in capsys.readouterr().err


def test_rules_of_other_kinds_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule that says nothing of a file is no pass: a model of spans has no tokens to account for."""
    assert main(["check", "gazetteer"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("  n/a ") and "Of kind `tokens`" in line]


def test_one_fault_is_told_once(capsys: pytest.CaptureFixture[str], shelf: Any) -> None:
    """Where training itself breaks, the rules that stand on it are skipped, and counted as neither kept nor broken."""
    shelf(
        {
            "baselines/toy/mouse.py": MOUSE.replace(
                "def loss(self, items):", "def loss(self, items): raise KeyError(7)\n    def lost(self, items):"
            )
        }
    )
    assert main(["check", "mouse"]) == 1
    page = capsys.readouterr().out
    assert page.count("KeyError: 7") == 2  # by training, and by a step under every regime
    assert page.count("  skip  ") >= 4
    assert "2 of" in page


def test_a_sample_that_fails_is_told_once_and_is_no_models_fault(shelf: Any, pets_source: str) -> None:
    """A task whose sample raises fails one rule, with the splits it must have; models are tried on the other tasks."""
    broken = pets_source + "\n\ndef sample(split):\n    return {'train': []}[split]\n"
    shelf({"tasks/toy/broken.py": broken, "baselines/toy/mouse.py": MOUSE})
    (reason,) = [reason for reason in failures("toy/broken").values() if reason != "see above"]
    assert "sample('dev') raises KeyError: 'dev'" in reason
    assert "has the splits train, dev, test" in reason
    assert failures("mouse") == {}


def test_a_task_that_cannot_be_imported_says_that_alone(shelf: Any, pets_source: str) -> None:
    """Where an import fails, nothing is said about the splits of a sample that nobody could draw."""
    shelf({"tasks/toy/pets.py": pets_source.replace("from harness.metrics.spans", "from harness.metrics.nowhere")})
    reasons = [reason for reason in failures("toy/pets").values() if reason != "see above"]
    assert reasons
    assert all("No module named 'harness.metrics.nowhere'" in reason for reason in reasons)
    assert not any("A sample has the splits" in reason for reason in reasons)


def test_a_gradient_without_a_gradient_is_found(shelf: Any) -> None:
    """A model that offers its embeddings to regimes, and whose loss cannot be derived twice, is told which regime fails."""
    source = MOUSE.replace('"Learns", ', '"Learns", "Embeds", ').replace(
        "    def prepare", "    def embedding_weight(self): return self.weight\n    def prepare"
    )
    bag = "torch.nn.functional.embedding_bag(torch.tensor([[0, 1]]), self.weight[:, None]).square().sum()"
    source = source.replace("self.weight.sum()", bag)
    shelf({"baselines/toy/mouse.py": source})
    assert "--regime gradient_penalty fails" in failures("mouse")["trains_under_every_regime"]
