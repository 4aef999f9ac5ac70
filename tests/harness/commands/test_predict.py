"""``harness predict``: a run's model answers new texts as it answered its own, and fills in files as servers want them."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import readers
from harness.cli.main import main
from harness.machine import weights
from harness.records.store import RunFolder
from harness.registry.shelves import find, load
from harness.spec import Text
from harness.trial import planning, running

ASKED = {
    "spans": {"task": "cmeee", "model": "softmax", "limit": 120},
    "words": {"task": "germeval2014", "model": "softmax", "limit": 240},
    "label": {"task": "sst2", "model": "mlp_mixer:layers=1,width=16"},
    "tokens": {"task": "novels_en", "model": "rope:layers=1,width=16,heads=2"},
    "counts": {"task": "cmeee", "model": "gazetteer"},
    "counted": {"task": "cmeee", "model": "gazetteer"},
    "drawn": {"task": "sst2", "model": "mlp_mixer:layers=1,width=16"},
    "windows": {"task": "cmeee", "model": "gazetteer", "protocol": "smoke:overlap=64"},
    "choice": {"task": "tnews", "model": "embedding"},
    "pairs": {"task": "bustm", "model": "tfidf"},
    "pictures": {"task": "mnist", "model": "majority"},
}
Made = Callable[..., RunFolder]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results and weights."""
    return tmp_path_factory.mktemp("predict")


@pytest.fixture(scope="module")
def made(place: Path) -> Made:
    """A run on the sample, its weights kept, with the command that made it; each is run once."""
    known: dict[str, RunFolder] = {}

    def call(name: str, seeds: tuple[int, ...] = (0,)) -> RunFolder:
        if name not in known:
            request = planning.Request(
                data="sample",
                output=place / "results",
                keep_weights=place / "weights",
                command=["harness", "run", "--keep-weights", str(place / "weights")],
                seeds=seeds,
                **ASKED[name],  # type: ignore[arg-type]
            )
            known[name] = running.run(planning.plan(request))[0]
        return known[name]

    return call


def ranked(folder: RunFolder) -> list[Any]:
    """The inputs of the split that a run on the sample ranks."""
    record = folder.read()
    module = load(find("tasks", record.task["name"].removesuffix("@sample")))
    rows = list(module.sample(record.task["split"]))[: record.config["limit"]]
    return [row.input for row in rows]


def stored(folder: RunFolder, seed: int = 0) -> list[Any]:
    """The predictions of a record in the order of its split."""
    rows = {row["id"]: row for row in folder.predictions() if row["seed"] == seed}
    return [rows[name] for name in sorted(rows, key=lambda name: int(name.rpartition("-")[2]))]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    """The JSON lines that the command prints."""
    capsys.readouterr()
    assert main(["predict", *words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def lines_in(path: Path, texts: list[str]) -> str:
    """A file of texts, a text a line."""
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", ["spans", "words", "counts"])
def test_spans_of_the_ranked_texts_are_those_on_record(
    made: Made, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Texts of the ranked split, given as plain lines, get the very spans that the record has; no digit differs."""
    folder = made(name)
    texts = [item.text for item in ranked(folder)]
    found = said(capsys, str(folder.path), "--input", lines_in(tmp_path / "in.txt", texts))
    held = [sorted(map(tuple, row["prediction"])) for row in stored(folder)]
    assert [[(one["start"], one["end"], one["label"]) for one in row["spans"]] for row in found] == held
    assert any(held)
    assert all(row["text"][one["start"] : one["end"]] == one["text"] for row in found for one in row["spans"])


def test_labels_of_the_ranked_texts_are_those_on_record(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Label and probability are the stored ones: also the tokens of plain lines are those of the task."""
    folder = made("label")
    texts = [item.text for item in ranked(folder)]
    found = said(capsys, str(folder.path), "--input", lines_in(tmp_path / "in.txt", texts))
    labels = find("tasks", "sst2").card.labels
    held = [(labels[row["prediction"]["label"]], row["prediction"]["confidence"]) for row in stored(folder)]
    assert [(row["label"], row["confidence"]) for row in found] == held


def test_choices_of_the_ranked_questions_are_those_on_record(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that is not trained needs no weights; option and scores are the stored ones."""
    folder = made("choice")
    texts = [item.text for item in ranked(folder)]
    found = said(capsys, str(folder.path), "--input", lines_in(tmp_path / "in.txt", texts))
    labels = find("tasks", "tnews").card.labels
    held = [
        (labels[row["prediction"]], {labels[place]: score for place, score in row["best"]}) for row in stored(folder)
    ]
    assert [(row["answer"], row["scores"]) for row in found] == held


def test_labels_that_follow_from_all_scores(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lone scores become labels over the whole file, with dev as the reference: those of the record for its questions."""
    folder = made("pairs")
    rows = [{"id": n, "sentence1": q.text, "sentence2": q.pair} for n, q in enumerate(ranked(folder))]
    asked = Path(lines_in(tmp_path / "test.json", [json.dumps(row) for row in rows]))
    assert main(["predict", str(folder.path), "--input", str(asked), "--output", str(tmp_path / "out.json")]) == 0
    found = [json.loads(line) for line in (tmp_path / "out.json").read_text().splitlines()]
    assert found == [{"id": n, "label": str(row["prediction"])} for n, row in enumerate(stored(folder))]
    assert "bustm_predict.json" in capsys.readouterr().err


def test_texts_cost_bits(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A language model tells what each text costs by itself: bits are nats over ln 2, each byte of the text counts once."""
    texts = ["It was late.", "It was late. " * 40, ""]
    one, long, none = said(capsys, str(made("tokens").path), "--input", lines_in(tmp_path / "in.txt", texts))
    assert one["bytes"] == 12
    assert one["bits_per_byte"] == pytest.approx(one["bits"] / 12, abs=1e-4)
    assert 0 < one["bits_per_byte"] < 9
    assert long["bytes"] == len(texts[1])
    assert none == {"text": "", "bits": 0.0, "bits_per_byte": None, "tokens": 0}


def test_marked_text(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json a text is printed with its spans in brackets; without the brackets and labels it is the text."""
    folder = made("counts")
    texts = [item.text for item in ranked(folder)][:5]
    assert main(["predict", str(folder.path), "--input", lines_in(tmp_path / "in.txt", texts)]) == 0
    shown = capsys.readouterr()
    assert "[" in shown.out
    labels = "|".join(find("tasks", "cmeee").card.labels)
    assert re.sub(rf" ({labels})\]|\[", "", shown.out).splitlines() == texts
    assert "fitted again on the train split" in shown.err


def test_blank_lines_keep_their_place(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every line has its line of output; blank ones have no answer and are counted."""
    given = lines_in(tmp_path / "in.txt", ["右下腹压痛", "", " \t", "发热"])
    found = said(capsys, str(made("spans").path), "--input", given)
    assert [row["text"] for row in found] == ["右下腹压痛", "", " \t", "发热"]
    assert found[1]["spans"] == found[2]["spans"] == []
    (label,) = said(capsys, str(made("label").path), "--input", lines_in(tmp_path / "blank.txt", [" "]))
    assert label == {"text": " ", "label": None, "confidence": None}
    assert main(["predict", str(made("label").path), "--input", lines_in(tmp_path / "three.txt", ["a", "", "b"])]) == 0
    assert "1 of 3 texts are blank" in capsys.readouterr().err


def test_long_texts_are_told(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts beyond the cut of the protocol are counted; where it reads windows, answers reach to the end of a text."""
    given = lines_in(tmp_path / "in.txt", ["发热，" * 200, "咳嗽"])
    assert main(["predict", str(made("counts").path), "--input", given]) == 0
    shown = capsys.readouterr()
    assert "1 of 2 texts are longer than 512 tokens" in shown.err
    assert "[" not in shown.out.splitlines()[0][-80:]
    assert main(["predict", str(made("windows").path), "--input", given]) == 0
    shown = capsys.readouterr()
    assert "longer" not in shown.err
    assert "[" in shown.out.splitlines()[0][-12:]


def test_bytes_that_are_no_text(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line in another encoding is exit 4 with its number, and no output is left."""
    given = tmp_path / "in.txt"
    given.write_bytes("咳嗽\n".encode() + "咳嗽\n".encode("gb18030"))
    out = tmp_path / "out.txt"
    assert main(["predict", str(made("spans").path), "--input", str(given), "--output", str(out)]) == 4
    assert "line 2: byte 0 of the line is not UTF-8" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]


def test_output_is_a_file(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--output takes marked text, or JSON lines by its name; --json then tells what was done."""
    given = lines_in(tmp_path / "in.txt", ["发热\u2028咳嗽", "咳嗽"])  # another separator ends no line
    (told,) = [json.loads("".join(summary(capsys, made("spans"), given, tmp_path / "out.jsonl")))]
    assert told["rows"] == 2
    assert told["seed"] == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert [row["text"] for row in rows] == ["发热\u2028咳嗽", "咳嗽"]


def summary(capsys: pytest.CaptureFixture[str], folder: RunFolder, given: str, out: Path) -> str:
    """What --json prints beside --output."""
    capsys.readouterr()
    assert main(["predict", str(folder.path), "--input", given, "--output", str(out), "--json"]) == 0
    return capsys.readouterr().out


def test_the_input_is_not_written_over(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An output that is the input is refused."""
    given = lines_in(tmp_path / "in.txt", ["咳嗽"])
    assert main(["predict", str(made("spans").path), "--input", given, "--output", given]) == 2
    assert "its texts would be lost" in capsys.readouterr().err
    assert Path(given).read_text(encoding="utf-8") == "咳嗽\n"


# ---------------------------------------------------------------- weights and records


def test_a_flipped_bit_is_exit_4(made: Made, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Weights with other bytes than the record names answer nothing."""
    folder = made("spans")
    kept = tmp_path / "weights"
    shutil.copytree(place / "weights", kept)
    with weights.place(kept, folder.read().weights["0"]["sha256"]).open("r+b") as stream:
        stream.seek(-4, 2)
        last = stream.read(1)
        stream.seek(-4, 2)
        stream.write(bytes([last[0] ^ 1]))
    given = lines_in(tmp_path / "in.txt", ["咳嗽"])
    assert main(["predict", str(folder.path), "--input", given, "--weights", str(kept)]) == 4
    shown = capsys.readouterr()
    assert "is not what its name says" in shown.err
    assert not shown.out


def test_where_weights_are_looked_for(
    made: Made, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder that the run named; where it is gone in $HARNESS_WEIGHTS, or beside the record; else it is asked for."""
    folder = made("spans")
    copy = tmp_path / "run"
    shutil.copytree(folder.path, copy)
    value = json.loads((copy / "result.json").read_text(encoding="utf-8"))
    value["command"] = ["harness", "run", "--keep-weights", str(tmp_path / "gone")]
    (copy / "result.json").write_text(json.dumps(value), encoding="utf-8")
    given = lines_in(tmp_path / "in.txt", ["咳嗽"])
    assert main(["predict", str(copy), "--input", given]) == 4
    assert "does not have its weights" in capsys.readouterr().err
    monkeypatch.setenv("HARNESS_WEIGHTS", str(place / "weights"))
    assert main(["predict", str(copy), "--input", given]) == 0
    monkeypatch.delenv("HARNESS_WEIGHTS")
    named = weights.place(place / "weights", value["weights"]["0"]["sha256"])
    shutil.copy(named, copy)
    assert main(["predict", str(copy), "--input", given]) == 0


def test_weights_that_were_not_kept(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error has the command that trains the model again and keeps them."""
    request = planning.Request(
        task="cmeee",
        model="softmax",
        data="sample",
        limit=40,
        output=tmp_path / "results",
        command=["harness", "run", "x"],
    )
    folder, _ = running.run(planning.plan(request))
    assert main(["predict", str(folder.path), "--input", lines_in(tmp_path / "in.txt", ["咳嗽"])]) == 4
    assert "harness run x --fresh --keep-weights DIR" in capsys.readouterr().err


def test_seeds(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A seed that the run does not have is refused with those that it has."""
    given = lines_in(tmp_path / "in.txt", ["咳嗽"])
    assert main(["predict", str(made("spans").path), "--input", given, "--seed", "7"]) == 2
    assert "has no seed 7; it has 0" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "noted"), [("counted", False), ("drawn", True)])
def test_which_seed_answers(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, noted: bool
) -> None:
    """Of several seeds the one that answers is noted, unless the model draws nothing, so that all answer alike."""
    folder = made(name, (0, 1))
    assert folder.read().model["deterministic"] is not noted
    assert main(["predict", str(folder.path), "--input", lines_in(tmp_path / "in.txt", ["咳嗽"])]) == 0
    assert ("seed 0 answers, the first of 0, 1" in capsys.readouterr().err) is noted


def test_a_record_without_answers(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed run has no model to ask."""
    copy = tmp_path / "run"
    shutil.copytree(made("spans").path, copy)
    value = json.loads((copy / "result.json").read_text(encoding="utf-8"))
    (copy / "result.json").write_text(
        json.dumps({**value, "status": "failed", "error": {"type": "RunError", "message": "x", "traceback": []}}),
        encoding="utf-8",
    )
    assert main(["predict", str(copy), "--input", lines_in(tmp_path / "in.txt", ["咳嗽"])]) == 2
    assert "there is no model to ask" in capsys.readouterr().err


def test_weights_of_another_model(made: Made, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A record that names the weights of another model is told so in one line."""
    copy = tmp_path / "run"
    shutil.copytree(made("spans").path, copy)
    value = json.loads((copy / "result.json").read_text(encoding="utf-8"))
    value["weights"] = made("label").read().weights
    (copy / "result.json").write_text(json.dumps(value), encoding="utf-8")
    given = lines_in(tmp_path / "in.txt", ["咳嗽"])
    assert main(["predict", str(copy), "--input", given, "--weights", str(place / "weights")]) == 1
    assert "cannot be made ready" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"), [("pairs", "more than a text (pair)"), ("pictures", "its inputs are pictures")]
)
def test_what_a_line_cannot_ask(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    """Questions with a second text, and pictures, are no lines: exit 2 with the reason."""
    assert main(["predict", str(made(name).path), "--input", lines_in(tmp_path / "in.txt", ["你好"])]) == 2
    assert words in capsys.readouterr().err


# ---------------------------------------------------------------- files to hand in


def test_a_file_to_hand_in(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CBLUE's array comes back with its entities filled in as on record, passes the check, and the name is told."""
    folder = made("spans")
    texts = [item.text for item in ranked(folder)]
    asked = tmp_path / "test.json"
    asked.write_text(json.dumps([{"text": text, "note": n} for n, text in enumerate(texts)]), encoding="utf-8")
    out = tmp_path / "out" / "mine.json"
    assert main(["predict", str(folder.path), "--input", str(asked), "--output", str(out)]) == 0
    assert "CBLUE wants the file to be called CMeEE_test.json" in capsys.readouterr().err
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [row["note"] for row in rows] == list(range(len(texts)))
    found = [[(one["start_idx"], one["end_idx"] + 1, one["type"]) for one in row["entities"]] for row in rows]
    assert found == [sorted(map(tuple, row["prediction"])) for row in stored(folder)]
    assert main(["predict", "cmeee", "--input", str(asked), "--check", str(out)]) == 0
    assert f"{len(texts)} rows" in capsys.readouterr().out
    rows[1]["entities"] = [{"start_idx": 0, "end_idx": 10**6, "type": "dis"}]
    out.write_text(json.dumps(rows), encoding="utf-8")
    assert main(["predict", str(folder.path), "--input", str(asked), "--check", str(out)]) == 4
    assert "mine.json, row 2" in capsys.readouterr().err


def test_a_blank_row_to_hand_in(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No label is made up for a row without a text: exit 4 naming the line, and nothing is written."""
    rows = [json.dumps({"id": n, "sentence1": text, "sentence2": "好"}) for n, text in enumerate(["你好", " "])]
    asked, out = lines_in(tmp_path / "test.json", rows), tmp_path / "out.json"
    assert main(["predict", str(made("pairs").path), "--input", asked, "--output", str(out)]) == 4
    assert "line 2" in capsys.readouterr().err
    assert not out.exists()


def test_columns_to_fill_in(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of columns, its tags missing, comes back with the tags of the spans on record, in the scheme that is asked."""
    folder = made("spans")
    texts = [item.text for item in ranked(folder)][:20]
    asked = tmp_path / "in.txt"
    asked.write_text("\n".join("".join(f"{sign}\n" for sign in text) for text in texts), encoding="utf-8")
    words = ["predict", str(folder.path), "--input", str(asked), "--format", "conll:scheme=BIOES,columns=2,tag=2"]
    assert main([*words, "--output", str(tmp_path / "out.txt")]) == 0
    form = readers.Form("conll", "spans", find("tasks", "cmeee").card.labels, {"scheme": "BIOES"})
    found = list(readers.read(tmp_path / "out.txt", "x", form, Counter()))
    assert [row.input.text for row in found] == texts
    held = [sorted(map(tuple, row["prediction"])) for row in stored(folder)[:20]]
    assert [list(row.target) for row in found] == held
    assert main(["predict", "cmeee", "--input", str(asked), "--format", "cuneiform"]) == 2
    assert "there are lines, task, conll" in capsys.readouterr().err


FILMS = '''"""Films: a task made of a table."""

from harness.metrics.labels import score_labels
from harness.readers import Form, read
from harness.spec import DataFile, Task

TASK = Task(
    kind="label", title="films", language="en", source="a test", licence="none", labels=("bad", "good"), chance=0.5,
    files=(DataFile("train", "train.csv"), DataFile("test", "test.csv")), metrics=("accuracy",),
)
FORM = Form("csv_table", "label", TASK.labels, {"delimiter": "comma", "text": "text", "label": "label", "tokens": "words"})


def load(split, files, surprises):
    """The examples of a split."""
    return read(*files.values(), split, FORM, surprises)


def score(gold, outputs):
    """The metrics of the card."""
    return score_labels(gold, outputs, labels=TASK.labels)
'''


def test_a_table_of_a_task_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table without labels comes back with them, by the form in the task's file, and other cells stay."""
    texts = [f"{word} film, number {n}" for n in range(30) for word in ("lovely", "dull")]
    rows = [f'{n},"{text}",{"good" if "lovely" in text else "bad"}' for n, text in enumerate(texts)]
    for name, part in {"train": rows, "test": rows[:20]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["n,text,label", *part]) + "\n", encoding="utf-8")
    file = tmp_path / "own" / "tasks" / "classify" / "films.py"
    file.parent.mkdir(parents=True)
    file.write_text(FILMS.replace('"delimiter"', '"header": True, "delimiter"'), encoding="utf-8")
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path / "own"))
    request = planning.Request(
        task="films", model="tfidf_logistic", data=str(tmp_path), seeds=(0,), output=tmp_path / "results"
    )
    folder, _ = running.run(planning.plan(request))
    asked = tmp_path / "hidden.csv"
    asked.write_text('n,text\n7,"a lovely film, no doubt"\n8,dull\n', encoding="utf-8")
    words = ["predict", str(folder.path), "--data", str(tmp_path), "--input", str(asked)]
    assert main([*words, "--output", str(tmp_path / "out.csv")]) == 0
    assert (tmp_path / "out.csv").read_text() == 'n,text,label\n7,"a lovely film, no doubt",good\n8,dull,bad\n'
    assert main(["predict", "films", "--input", str(asked), "--check", str(tmp_path / "out.csv")]) == 0
    asked.write_text('{"text": "dull"}\n', encoding="utf-8")
    assert main([*words, "--output", str(tmp_path / "no.csv")]) == 2
    assert "holds JSON, and would be read as a table. Name the format: --format json_labels" in capsys.readouterr().err
    assert not (tmp_path / "no.csv").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "in.txt",
            "咳 B-sym\n嗽 I-sym\n三 O\n天 O\n\n",
            ("columns of tokens and tags", "--format conll", "--format lines"),
        ),
        ("in.txt", '{"text": "咳嗽"}\n', ("JSON", "--format json_offsets", "--format lines")),
        ("in.parquet", "PAR1", ("is a Parquet file, which is not filled in", "one a line")),
    ],
)
def test_a_file_of_another_format(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, words: tuple[str, ...]
) -> None:
    """A file that is clearly no lines of text is refused with the way out before a model is made ready."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    asked = ["predict", str(made("counts").path), "--input", str(tmp_path / name)]
    assert main(asked) == 2
    said = capsys.readouterr()
    assert all(part in said.err for part in words), said.err
    assert "learns in one go" not in said.err
    assert said.out == ""
    if name == "in.txt":
        assert main([*asked, "--format", "lines"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == content.count("\n")


def test_a_folder_is_not_filled_in(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of BRAT is refused before a model is made ready, with the command that answers its texts."""
    (tmp_path / "a.txt").write_text("咳嗽\n", encoding="utf-8")
    assert main(["predict", str(made("counts").path), "--input", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert f"cat {tmp_path}/*.txt | harness predict {made('counts').path} --input -" in said
    assert "learns in one go" not in said


# ---------------------------------------------------------------- pipes


def command(*words: str) -> list[str]:
    """The command as a process."""
    return [sys.executable, "-m", "harness", "predict", *words]


def test_stdin_and_stdout(made: Made) -> None:
    """Texts flow in and answers out, and notes stay out of stdout; a file to fill in may flow in, too."""
    folder = made("counts")
    lines = "咳嗽\n\n发热\n".encode()
    done = subprocess.run(
        command(str(folder.path), "--input", "-", "--json"), input=lines, capture_output=True, check=True
    )
    assert [json.loads(line)["text"] for line in done.stdout.decode().splitlines()] == ["咳嗽", "", "发热"]
    rows = json.dumps([{"text": "咳嗽"}]).encode()
    words = command(str(folder.path), "--input", "-", "--format", "task")
    done = subprocess.run(words, input=rows, capture_output=True, check=True)
    assert json.loads(done.stdout)[0]["text"] == "咳嗽"


def test_a_pipe_that_closes(made: Made) -> None:
    """A reader who leaves, as `| head -1` does, ends the command without a word and without an error."""
    words = command(str(made("counts").path), "--input", "-")
    running_one = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running_one.stdin
    assert running_one.stdout
    assert running_one.stderr
    running_one.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        running_one.stdin.write(("咳嗽三天\n" * 20000).encode())
        running_one.stdin.close()
    told = running_one.stderr.read().decode()
    assert running_one.wait(60) == 0
    assert "Traceback" not in told
    assert "error" not in told


def test_tokens_of_plain_lines(made: Made) -> None:
    """Lines are cut into the tokens that the model has learned from, so that a text of train is cut as it was there."""
    from harness.trial import answering, asking

    folder = made("words")
    one = answering.ready(folder, folder.path)
    cut = asking.tokeniser(one)
    texts = [item for item in ranked(folder) if isinstance(item, Text)]
    assert texts
    assert [cut(item.text) for item in texts] == [item.tokens for item in texts]
