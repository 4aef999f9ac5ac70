"""``harness new task``: files are recognised, said, and read by a short task file that passes ``check`` and can be run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.contract import judging
from harness.registry.shelves import find, load

PEOPLE, CITIES = ("Anna", "Bela", "Cleo", "Dora"), ("Bonn", "Rome", "Oslo", "Lima")
Spans = list[tuple[int, int, str]]


def sentences(split: str, rows: int = 30) -> list[tuple[str, Spans]]:
    """Sentences of people in cities, and where each stands."""
    draw, made = random.Random(split), []
    for number in range(rows):
        one, city = draw.choice(PEOPLE), draw.choice(CITIES)
        if number % 3 == 0:
            made.append((f"nobody met {split} {number}", []))
            continue
        text = f"{one} met {split} {number} in {city}"
        words = ((one, "PER"), (city, "LOC"))
        made.append((text, [(text.index(word), text.index(word) + len(word), label) for word, label in words]))
    return made


def doccano(rows: list[tuple[str, Spans]]) -> str:
    """JSON lines with offsets."""
    return "".join(json.dumps({"text": text, "label": spans}) + "\n" for text, spans in rows)


def conll(rows: list[tuple[str, Spans]]) -> str:
    """Four columns with BIOES tags in the last."""
    made = []
    for text, spans in rows:
        labels = {start: label for start, _, label in spans}
        at = 0
        for word in text.split():
            made.append(f"{word} NN O {f'S-{labels[at]}' if at in labels else 'O'}")
            at += len(word) + 1
        made.append("")
    return "\n".join(made) + "\n"


def table(rows: list[tuple[str, Spans]]) -> str:
    """CSV of texts, labelled by whether there is somebody."""
    return "text,label\n" + "".join(f'"{text}",{"some" if spans else "none"}\n' for text, spans in rows)


def prose(rows: list[tuple[str, Spans]]) -> str:
    """Plain text."""
    return "\n".join(text for text, _ in rows) * 60


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(place: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Give a command; exit code, stdout, stderr."""

    def made(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return made


def write(place: Path, spell: Callable[[list[tuple[str, Spans]]], str], end: str) -> list[str]:
    """Three files, and the flags that name them."""
    flags = []
    for split in ("train", "dev", "test"):
        (place / f"{split}{end}").write_text(spell(sentences(split)), encoding="utf-8")
        flags += [f"--{split}", f"{split}{end}"]
    return flags


DRESSES = [
    ("spans", doccano, ".jsonl", "json_offsets", "ner", "gazetteer"),
    ("spans", conll, ".conll", "conll", "ner", "gazetteer"),
    ("label", table, ".csv", "csv_table", "classify", "majority"),
    ("tokens", prose, ".txt", "plain_text", "lm", "unigram"),
]


@pytest.mark.parametrize(("kind", "spell", "end", "format", "folder", "model"), DRESSES, ids=lambda item: str(item)[:9])
def test_a_task_of_each_kind(
    kind: str,
    spell: Any,
    end: str,
    format: str,
    folder: str,
    model: str,
    call: Any,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At most 30 lines, every rule of ``check`` holds with the data, and a run gives a record of them, verified."""
    code, out, err = call("new", "task", "mine", "--kind", kind, *write(place, spell, end), "--output", "own", "--json")
    assert code == 0, err
    said = json.loads(out)
    path = place / "own" / "tasks" / folder / "mine.py"
    assert (Path(said["file"]), said["format"], said["ranked"], said["fails"]) == (path, format, "test", [])
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 30
    monkeypatch.setenv("HARNESS_PATH", "own")
    found = {verdict.rule: verdict for verdict in judging.examine(find("tasks", "mine"))}
    assert [verdict.reason for verdict in found.values() if not verdict.holds] == []
    assert found["score_ranks"].outcome == found["faulty_files_are_refused"].outcome == "pass"
    assert call("check", "mine")[0] == 0
    code, out, err = call("run", "--task", "mine", "--model", model, "--output-dir", "out", "--json")
    assert code == 0, err
    record = json.loads(out)
    assert record["task"]["name"] == f"{folder}/mine"
    assert all(file["verified"] for split in record["data"]["splits"].values() for file in split["files"])


def test_what_it_says(call: Any, place: Path) -> None:
    """Format, options, labels by split, ten examples with their entities marked, and the commands that come next."""
    flags = write(place, doccano, ".jsonl")
    code, out, _ = call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own", "--language", "en")
    assert code == 0
    assert "format: json_offsets (layout=lines, shape=triples" in out
    assert "ends=exclusive" in out
    rows = {line.split("|")[1].strip(): line.split("|")[2:] for line in out.splitlines() if line.startswith("| ")}
    gold = [span for _, spans in sentences("train") for span in spans]
    assert int(rows["train"][1]) == len(gold)
    assert int(rows["PER"][0]) == sum(label == "PER" for _, _, label in gold)
    shown = [line for line in out.splitlines() if line.startswith("  train-")]
    assert len(shown) == 10
    assert all(" PER]" in line and " LOC]" in line for line in shown)
    text, spans = sentences("train")[1]
    assert (
        f"  train-1: [{text[: spans[0][1]]} PER]{text[spans[0][1] : spans[1][0]]}[{text[spans[1][0] :]} LOC]" in shown
    )
    assert "export HARNESS_PATH=own\n  harness check mine\n" in out
    assert out.endswith("harness run --task mine --model crf --encoder bilstm\n")


def test_entities_that_nest(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where spans overlap the card says so, and the score is not that of flat tasks."""
    rows = [{"text": f"张三市长{i}说", "label": [[0, 4, "TITLE"], [0, 2, "PER"]]} for i in range(9)]
    for split in ("train", "test"):
        more = "今天" if split == "test" else "昨天"
        text = "".join(json.dumps({**row, "text": row["text"] + more}) + "\n" for row in rows)
        (place / f"{split}.jsonl").write_text(text, encoding="utf-8")
    flags = ["--train", "train.jsonl", "--test", "test.jsonl", "--option", "ends=exclusive"]
    assert call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own")[0] == 0
    monkeypatch.setenv("HARNESS_PATH", "own")
    entry = find("tasks", "mine")
    assert entry.card.nested
    assert entry.card.language == "zh"
    assert {file.split for file in entry.card.files} == {"train", "test"}
    gold = [*load(entry).load("test", {"test.jsonl": place / "test.jsonl"}, {})]
    assert "seqeval_f1" not in load(entry).score(gold, [row.target for row in gold])


def test_what_a_file_cannot_tell_is_asked(call: Any, place: Path) -> None:
    """Offsets of Chinese without mentions: exit 2, the option by name, and nothing is written until it is given."""
    row = {"text": "张三在北京", "label": [[0, 1, "PER"], [3, 4, "LOC"]]}
    (place / "a.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    command = ["new", "task", "mine", "--kind", "spans", "--train", "a.jsonl", "--test", "a.jsonl", "--output", "own"]
    code, _, err = call(*command)
    assert code == 2
    assert "Say ends=exclusive or ends=inclusive" in err
    assert "--option NAME=VALUE" in err
    assert not (place / "own").exists()
    code, out, _ = call(*command, "--option", "ends=inclusive")
    assert code == 0
    assert "train-0: [张三 PER]在[北京 LOC]" in out
    assert "note: train and test hold the same: a score on the one says nothing about the other." in out


def test_a_split_without_answers(call: Any, place: Path) -> None:
    """A test that nobody annotated is refused; of a table, whose label column is missing, it is exit 2 and the way out."""
    flags = write(place, doccano, ".jsonl")
    (place / "test.jsonl").write_text("".join(json.dumps({"text": f"x {i}", "label": []}) + "\n" for i in range(9)))
    code, _, err = call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own")
    assert code == 2
    assert "test.jsonl holds no entity. A file without gold answers is no split of a task: leave it out here" in err
    assert not list(place.rglob("mine.py"))
    flags = write(place, table, ".csv")
    (place / "test.csv").write_text("text\nsomething\nelse\n", encoding="utf-8")
    code, _, err = call("new", "task", "other", "--kind", "label", *flags, "--output", "own")
    assert code in (2, 4)
    assert "test.csv" in err


def test_data_that_cannot_be_used_leave_no_file(call: Any, place: Path) -> None:
    """A broken row is exit 4 with file and line, and no task file stays behind."""
    flags = write(place, doccano, ".jsonl")
    with (place / "dev.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"text": "cut off\n')
    code, _, err = call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own")
    assert code == 4
    assert "dev.jsonl" in err
    assert "31" in err
    assert not list(place.rglob("mine.py"))


def test_something_to_rank_on_is_needed(call: Any, place: Path) -> None:
    """Train alone is exit 2; train and dev rank on dev; a path that is not there is named."""
    write(place, doccano, ".jsonl")
    command = ["new", "task", "mine", "--kind", "spans", "--output", "own", "--train", "train.jsonl"]
    code, _, err = call(*command)
    assert code == 2
    assert "give --test PATH or --dev PATH" in err
    code, _, err = call(*command, "--test", "nowhere.jsonl")
    assert code == 2
    assert "--test nowhere.jsonl does not exist" in err
    code, out, _ = call(*command, "--dev", "dev.jsonl", "--json")
    assert (code, json.loads(out)["ranked"]) == (0, "dev")


def test_two_files_of_one_name(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """data.jsonl in three folders are three files of the card, each found again by its digest."""
    flags = []
    for split in ("train", "dev", "test"):
        (place / split).mkdir()
        (place / split / "data.jsonl").write_text(doccano(sentences(split)), encoding="utf-8")
        flags += [f"--{split}", f"{split}/data.jsonl"]
    assert call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own")[0] == 0
    monkeypatch.setenv("HARNESS_PATH", "own")
    names = [file.name for file in find("tasks", "mine").card.files]
    assert names == ["train-data.jsonl", "dev-data.jsonl", "test-data.jsonl"]
    assert call("run", "--task", "mine", "--model", "gazetteer", "--output-dir", "out")[0] == 0


def test_a_folder_of_documents(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A BRAT folder a split is read from where it is; three are needed."""
    flags = []
    for split in ("train", "dev", "test"):
        (place / split).mkdir()
        for number, (text, spans) in enumerate(sentences(split)):
            (place / split / f"{number}.txt").write_text(text, encoding="utf-8")
            lines = [f"T{i}\t{label} {a} {b}\t{text[a:b]}\n" for i, (a, b, label) in enumerate(spans, 1)]
            (place / split / f"{number}.ann").write_text("".join(lines), encoding="utf-8")
        flags += [f"--{split}", split]
    code, _, err = call("new", "task", "mine", "--kind", "spans", *flags[:2], *flags[4:], "--output", "own")
    assert code == 2
    assert "give --train, --dev and --test" in err
    assert call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own")[0] == 0
    monkeypatch.setenv("HARNESS_PATH", "own")
    assert call("check", "mine")[0] == 0
    code, out, _ = call("run", "--task", "mine", "--model", "gazetteer", "--output-dir", "out", "--json")
    assert code == 0
    assert json.loads(out)["data"]["splits"]["train"]["rows"] == 30


@pytest.mark.parametrize(
    ("name", "said"), [("../x", "is no name for a task"), ("cmeee", "there is a task ner/cmeee already")]
)
def test_names_stay_inside_and_new(name: str, said: str, call: Any, place: Path) -> None:
    """As for models: exit 2, and nothing is written."""
    flags = write(place, doccano, ".jsonl")
    code, _, err = call("new", "task", name, "--kind", "spans", *flags, "--output", "own")
    assert (code, said in err) == (2, True)
    assert not (place / "own").exists()


def test_texts_in_the_file_are_literals(call: Any, place: Path) -> None:
    """A licence with quotes and a label with a backslash cannot become code."""
    rows = [(text, [(a, b, 'P"\\') for a, b, _ in spans]) for text, spans in sentences("train")]
    for split in ("train", "test"):
        (place / f"{split}.jsonl").write_text(doccano(rows), encoding="utf-8")
    flags = ["--train", "train.jsonl", "--test", "test.jsonl", "--licence", '"""\nimport os # {x}', "--output", "own"]
    code, _, err = call("new", "task", "mine", "--kind", "spans", *flags)
    assert code == 0, err
    assert "\nimport os" not in (place / "own/tasks/ner/mine.py").read_text(encoding="utf-8")


def test_a_file_that_changed_since_is_told(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run reads the copy that was taken, and says that the file at its place is another by now."""
    flags = write(place, conll, "txt")
    assert call("new", "task", "mine", "--kind", "spans", *flags, "--output", "shelf")[0] == 0
    monkeypatch.setenv("HARNESS_PATH", str(place / "shelf"))
    run = ("run", "--task", "mine", "--model", "gazetteer", "--dry-run")
    assert "has changed since" not in "".join(call(*run)[1:])
    test = Path(flags[flags.index("--test") + 1])
    test.write_text(test.read_text(encoding="utf-8") + "Anna NN O S-PER\n", encoding="utf-8")
    assert f"{test.name} has changed since `harness new task` took a copy of it" in "".join(call(*run)[1:])


def test_splits_whose_offsets_count_differently(call: Any, place: Path) -> None:
    """Offsets of dev that count UTF-16 units beside others of train are told, and the option reads both; no file is left."""
    flags = write(place, doccano, ".jsonl")
    rows = [{"text": f"😀 {city}", "label": [[3, 7, "LOC"]]} for city in CITIES]
    (place / "dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made = ("new", "task", "mine", "--kind", "spans", *flags, "--output", "own", "--json")
    code, _, err = call(*made)
    assert (code, (place / "own" / "tasks").exists()) == (2, False)
    assert "offsets of dev count utf16" in err
    assert "--option units=utf16" in err
    code, out, err = call(*made, "--option", "units=utf16")
    assert (code, json.loads(out)["splits"]["dev"]["entities"]) == (0, 4), err


def test_ids_of_ones_own_find_items(call: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``show --id`` finds an item by the id that its file gave it, and names real ids for one that is not there."""
    flags = write(place, doccano, ".jsonl")
    rows = [{"id": 4700 + n, "text": text, "label": spans} for n, (text, spans) in enumerate(sentences("test"))]
    for split in ("train", "dev"):
        lines = (place / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
        numbered = [json.dumps({"id": number, **json.loads(line)}) for number, line in enumerate(lines)]
        (place / f"{split}.jsonl").write_text("\n".join(numbered), encoding="utf-8")
    (place / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert call("new", "task", "mine", "--kind", "spans", *flags, "--output", "own")[0] == 0
    monkeypatch.setenv("HARNESS_PATH", "own")
    code, _, err = call("run", "--task", "mine", "--model", "gazetteer", "--output-dir", "out")
    assert code == 0, err
    code, out, err = call("show", "out", "--id", "4711", "--json")
    assert code == 0, err
    assert [item["id"] for item in json.loads(out)["items"]] == ["4711"]
    code, _, err = call("show", "out", "--id", "nope")
    assert code == 2
    assert "4700" in err
    assert "LABEL" not in err


def test_short_texts_are_tried_each_by_itself(call: Any, place: Path) -> None:
    """Texts that are shorter than what `mini` reads get a first command that works."""
    for split in ("train", "dev", "test"):
        (place / f"{split}.txt").write_text(f"A short text of {split}.\n" * 40, encoding="utf-8")
    flags = [part for split in ("train", "dev", "test") for part in (f"--{split}", f"{split}.txt")]
    code, out, err = call("new", "task", "mine", "--kind", "tokens", "--language", "en", *flags, "--output", "shelf")
    assert code == 0, err
    assert out.endswith("harness run --task mine --model rope --protocol mini:sentences=true\n")
