"""``harness show``: a card, with its data, its examples and its settings."""

from __future__ import annotations

import hashlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from harness.cli.main import main
from harness.records.record import SCHEMA_FILE
from harness.registry import shelves


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What ``harness show ... --json`` prints."""
    assert main(["show", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_task_shows_card_files_references_notes_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """A task's page has all a reader needs: licence, digest, files with their state, published rows, notes, three examples."""
    assert main(["show", "cmeee"]) == 0
    page = capsys.readouterr().out
    for part in (
        "task ner/cmeee",
        "licence:",
        "definition sha256:",
        "train_data.txt",
        "missing",
        "GlobalPointer",
        "0.6484",
        "not ours",
        "Notes",
        "embedded sample",
    ):
        assert part in page
    card = shown(capsys, "ner/cmeee")
    assert len(card["examples"]) == 3
    assert all(
        span["text"] == example["text"][span["start"] : span["end"]]
        for example in card["examples"]
        for span in example["spans"]
    )
    assert len(card["definition_sha256"]) == 64


def test_the_definition_digest_moves_with_the_card(
    capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str
) -> None:
    """Another label is another task; a reworded docstring is not."""
    shelf(
        {
            "tasks/toy/same.py": pets_source.replace("Pets: a task", "Pets: another task"),
            "tasks/toy/other.py": pets_source.replace('"CAT"', '"COW"'),
        }
    )
    digests = {name: shown(capsys, f"toy/{name}")["definition_sha256"] for name in ("pets", "same", "other")}
    assert digests["pets"] == digests["same"] != digests["other"]


def test_examples_come_from_real_data_where_there_are_some(
    capsys: pytest.CaptureFixture[str], shelf: Any, tmp_path: Path
) -> None:
    """With data at hand the examples are its own, and the page says which split they are from."""
    shelf()
    folder = tmp_path / "brought"
    folder.mkdir()
    (folder / "pets_train.txt").write_text("Tom naps\nRex barks!\n", encoding="utf-8")
    assert "embedded sample" in shown(capsys, "pets")["examples_from"]
    assert main(["data", "add", str(folder)]) == 0
    capsys.readouterr()
    card = shown(capsys, "pets")
    assert card["examples_from"] == "the train split at hand"
    assert [example["text"] for example in card["examples"]] == ["Tom naps", "Rex barks!"]
    assert {row["name"]: row["state"] for row in card["files"]} == {
        "pets_train.txt": "present",
        "pets_test.txt": "missing",
    }


def test_unreadable_data_do_not_hide_the_card(capsys: pytest.CaptureFixture[str], shelf: Any, tmp_path: Path) -> None:
    """A file that its loader refuses is a note on stderr; the card is shown with examples of the sample."""
    shelf()
    (tmp_path / "pets_test.txt").write_bytes(b"")
    assert main(["data", "add", "--task", "pets", str(tmp_path / "pets_test.txt")]) == 0
    capsys.readouterr()
    assert main(["show", "pets"]) == 0
    captured = capsys.readouterr()
    assert "the file is empty" in captured.err
    assert "Examples from the embedded sample" in captured.out


def test_long_texts_are_cut_in_the_page_only(capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str) -> None:
    """A text of thousands of characters does not fill the screen, and the page says how much is left out."""
    shelf({"tasks/toy/pets.py": pets_source.replace('"Tom naps"', '"Tom naps" + " x" * 500')})
    assert main(["show", "pets"]) == 0
    assert "more characters)" in capsys.readouterr().out
    assert len(shown(capsys, "pets")["examples"][0]["text"]) > 1000


@pytest.mark.parametrize(("name", "said"), [("gazetteer", True), ("uniform", False)])
def test_a_model_shows_whether_it_draws(name: str, said: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """The page says it in a line, JSON as a value."""
    assert main(["show", name]) == 0
    assert re.search(rf"^deterministic: +{said}$", capsys.readouterr().out, re.MULTILINE)
    assert main(["show", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["deterministic"] is said


def test_a_model_shows_settings_variants_and_capabilities(capsys: pytest.CaptureFixture[str]) -> None:
    """A model's page lists each setting with default and meaning, and variants as they are typed."""
    card = shown(capsys, "globalpointer")
    rope = next(row for row in card["settings"] if row["setting"] == "rope")
    assert rope["default"] is True
    assert "rotary" in rope["meaning"]
    assert "Learns" in card["capabilities"]
    assert main(["show", "globalpointer"]) == 0
    assert "ner/globalpointer:rope=false" in capsys.readouterr().out


@pytest.mark.parametrize("entry", shelves.entries("tasks"), ids=lambda entry: entry.name)
def test_every_task_has_a_page(capsys: pytest.CaptureFixture[str], entry: shelves.Entry) -> None:
    """Whatever a task asks about, its card prints with examples, and fits on a few screens."""
    assert main(["show", entry.name]) == 0
    page = capsys.readouterr().out
    assert "Examples from the" in page
    assert len(page) < 20_000


def test_encoder_protocol_and_metric_have_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """Every other shelf has its page: an encoder's settings, a protocol's every knob and digest, a metric's meaning."""
    assert any(row["setting"] == "width" for row in shown(capsys, "bilstm")["settings"])
    timed = shown(capsys, "throughput")
    assert [card["kinds"] for card in timed] == [["spans"], ["tokens"], ["label", "picture"]]
    assert all(card["settings"]["examples"] >= 1 and len(card["sha256"]) == 64 for card in timed)
    assert shown(capsys, "throughput@1") == timed
    assert "exact" in shown(capsys, "span_f1")["title"]
    for name in ("bilstm", "paper", "token_f1"):
        assert main(["show", name]) == 0
    assert "train_tokens" in capsys.readouterr().out


def test_regimes_and_suites_have_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """A regime's page has its constants and how it is asked for, a suite's page a line for each of its tasks."""
    assert shown(capsys, "sam")["constants"] == {"radius": 0.05}
    card = shown(capsys, "fewclue")
    assert [row["name"] for row in card["tasks"]][-1] == "zero_shot/tnews"
    assert {row["model"]: row["printed"] for row in card["references"]}["NSP-BERT, zero-shot"] == "55.96"
    for name, said in (
        ("plain", "harness run --regime plain"),
        ("fgm", "epsilon 0.5"),
        ("fewclue", "| zero_shot/csl "),
    ):
        assert main(["show", name]) == 0
        assert said in capsys.readouterr().out


def test_a_protocol_for_several_kinds_shows_each(capsys: pytest.CaptureFixture[str]) -> None:
    """One name serves each kind of task by rules of its own: all of them are shown, with the knobs of each."""
    cards = shown(capsys, "mini@1")
    rooms = {"finetune": "epochs", "perplexity": "stride", "zero_shot": "chunk", "classify": "rates"}
    assert {card["procedure"] for card in cards} == set(rooms)
    assert all(rooms[card["procedure"]] in card["settings"] for card in cards)
    assert len({card["sha256"] for card in cards}) == 4
    assert all(card["meanings"][name] for card in cards for name in card["settings"])


def test_a_name_on_two_shelves_shows_both(capsys: pytest.CaptureFixture[str], shelf: Any, parrot_source: str) -> None:
    """One name for a task and a model is no error: both pages are printed under headings."""
    shelf({"baselines/toy/pets.py": parrot_source})
    assert main(["show", "pets"]) == 0
    page = capsys.readouterr().out
    assert page.index("===== task toy/pets =====") < page.index("===== model toy/pets =====")
    assert [card["shelf"] for card in shown(capsys, "pets")] == ["task", "model"]


def test_a_short_name_of_two_tasks_is_an_error(
    capsys: pytest.CaptureFixture[str], shelf: Any, pets_source: str
) -> None:
    """On one shelf a short name must be unique: the message lists both full names."""
    shelf({"tasks/meadow/pets.py": pets_source})
    assert main(["show", "pets"]) == 2
    assert "meadow/pets and toy/pets" in capsys.readouterr().err


def test_an_unknown_name_gets_the_nearest_over_all_shelves(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A slip is answered with near names whatever they are: metrics, protocols, tasks or models."""
    assert main(["show", "spam_f1", "--output-dir", str(tmp_path)]) == 2
    assert "span_f1" in capsys.readouterr().err
    assert main(["show", "mini@7", "--output-dir", str(tmp_path)]) == 2
    assert "mini@1" in capsys.readouterr().err
    assert main(["show", "fewclu", "--output-dir", str(tmp_path)]) == 2
    assert "Did you mean fewclue" in capsys.readouterr().err


def test_a_run_is_summed_up(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A run is shown by the beginning of its id or by its folder: status, scores, protocol and command."""
    folder = tmp_path / "results" / "toy" / "pets" / "toy" / "parrot" / "20300101T000000Z-12345678"
    folder.mkdir(parents=True)
    record = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))["record"]()
    value = record.as_json() if hasattr(record, "as_json") else record
    value["status"], value["task"]["name"] = "success", "toy/pets"
    (folder / "result.json").write_text(json.dumps(value), encoding="utf-8")
    assert main(["show", "20300101", "--output-dir", str(tmp_path / "results")]) == 0
    page = capsys.readouterr().out
    assert "success" in page
    assert "toy/pets" in page
    assert "span_f1" in page
    assert shown(capsys, str(folder))["status"] == "success"


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ((0.001, 0.001), "0.001 (trials on rows held out of train: 0.001 gives 0.7923, 0.03 broke off)\n"),
        (
            (0.001, 0.03),
            "seed 0: 0.001 (trials on rows held out of train: 0.001 gives 0.7923, 0.03 broke off); seed 1: 0.03 (",
        ),
        ((), None),
    ],
)
def test_a_run_says_which_learning_rate_was_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, rates: tuple[float, ...], said: str | None
) -> None:
    """The rate stands beside what every trial of one came to, once where the seeds agree, and not at all where none was chosen."""
    synthetic = runpy.run_path(str(Path(__file__).parents[1] / "_synthetic.py"))
    record = synthetic["record"](seeds=2)
    for report, rate in zip(record.training.values(), rates, strict=False):
        report |= {"learning_rate": rate, "trials": {"0.001": 0.79226, "0.03": None}}
    assert main(["show", str(synthetic["put"](tmp_path, record).path)]) == 0
    page = capsys.readouterr().out
    assert ("learning rate:" in page) == (said is not None)
    assert said is None or said in page


def test_schema_is_the_file_that_records_are_checked_against(capsys: pytest.CaptureFixture[str]) -> None:
    """``show schema`` prints the JSON Schema byte for byte."""
    assert main(["show", "schema"]) == 0
    printed = capsys.readouterr().out
    assert hashlib.sha256(printed.encode()).digest() == hashlib.sha256(SCHEMA_FILE.read_bytes()).digest()
    assert "schema_version" in json.loads(printed)["properties"]


def test_a_protocols_settings_have_meanings(capsys: pytest.CaptureFixture[str]) -> None:
    """Every setting of a protocol is shown with what it means."""
    assert main(["show", "mini", "--json"]) == 0
    (card,) = [json.loads(capsys.readouterr().out)]
    card = card[0] if isinstance(card, list) else card
    assert card["settings"].keys() == card["meanings"].keys()
    assert all(card["meanings"].values())


def test_a_protocol_with_a_setting_given(capsys: pytest.CaptureFixture[str]) -> None:
    """What takes the setting is shown with it, for each kind; a value that cannot be is told, and a strange name too."""
    cards = shown(capsys, "mini:overlap=64")
    assert {(card["name"], card["settings"]["overlap"]) for card in cards} == {("mini:overlap=64", 64)}
    assert [card["kinds"] for card in cards] == [["label"], ["spans"]]
    for name, words in (("mini:overlap=999", "from 0 to 255"), ("glance:overlap=1", "takes no settings")):
        assert main(["show", name]) == 2
        assert words in capsys.readouterr().err
    assert main(["show", "nothing:overlap=64"]) == 2
