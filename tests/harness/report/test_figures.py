"""Figures in prose: each is what its record says, to the digits that are printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.report.figures import figures, mistakes, pages_beside

RESULTS = {
    "span_f1": {
        "value": 0.56393,
        "unit": "proportion",
        "n": 5000,
        "per_seed": [0.56, 0.568],
        "seed_sd": 0.0057,
        "uncertainty": {"confidence_interval": {"lower": 0.5549, "upper": 0.5733}},
    },
    "train_time_ratio": {"value": 2.0, "unit": "ratio", "n": 12},
}


@pytest.fixture
def page(tmp_path: Path):
    """A function that writes a page beside two records."""
    for name, factor in (("a", 1.0), ("b", 0.5)):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        results = {
            metric: {**entry, "value": entry["value"] * factor}  # type: ignore[operator]
            for metric, entry in RESULTS.items()
        }
        (folder / "result.json").write_text(json.dumps({"results": results, "model": {"parameters": 1234567}}))
    later = {"span_f1": {"recipe": {"lower": 0.54, "upper": 0.58}, "checkpoints": {"lower": 0.55, "upper": 0.571}}}
    (folder / "items.json").write_text(json.dumps({"results": later}))

    def write(text: str) -> Path:
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


A, B = "results/a/result.json", "results/b/result.json"


@pytest.mark.parametrize(
    "text",
    [
        f"[56.39]({A}#span_f1)",
        f"[56.4]({A}#span_f1) % and [56]({A}#span_f1)",
        f"from [55.5]({A}#span_f1.lower) to [57.3]({A}#span_f1.upper)",
        f"[54.0]({B}#span_f1.recipe.lower), [57.1]({B}#span_f1.checkpoints.upper), [54.0]({B}#span_f1.lower)",
        f"[0.6]({A}#span_f1.seed_sd), [5,000]({A}#span_f1.n), [56.8]({A}#span_f1.per_seed.1)",
        f"[1,234,567]({A}#model.parameters)",
        f'[28.2]({A}#span_f1 "minus {B}#span_f1") points, [+28.2]({A}#span_f1 "minus {B}#span_f1")',
        f'[-28.2]({B}#span_f1 "minus {A}#span_f1")',
        f'[2.0]({A}#train_time_ratio "over {B}#train_time_ratio") times',
    ],
)
def test_a_figure_that_holds(page, text: str) -> None:
    """Values, parts, differences and ratios are read in the printed unit and to the printed digits."""
    path = page(text)
    assert list(figures(path))
    assert mistakes([path]) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[56.40]({A}#span_f1)", "says 56.40, the record has 56.393"),
        (f'[28.3]({A}#span_f1 "minus {B}#span_f1")', "says 28.3"),
        (f"[about half]({A}#span_f1)", "says about half"),
        (f"[1]({A}#accuracy)", "has no number at 'accuracy'"),
        (f"[1]({A}#span_f1.per_seed)", "has no number at"),
        ("[1](results/c/result.json#span_f1)", "cannot be read"),
    ],
)
def test_a_figure_that_does_not_hold(page, text: str, said: str) -> None:
    """A number that is not the record's, or that leads nowhere, is told with page and line."""
    (told,) = mistakes([page("first line\n" + text)])
    assert "page.md:2" in told
    assert said in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[2.0]({A}#train_time_ratio\n"over {B}#train_time_ratio") times', "page.md:1: a link to result.json#..."),
        (f"[56.39]( {A}#span_f1 )", "page.md:1: a link to result.json#..."),
        (f'[2.0]({A}#train_time_ratio "over {A}#zero")', f"page.md:1: {A}#zero is 0"),
        (f"[1]({A}#odd)", "has no number at 'odd'"),
    ],
)
def test_a_link_that_cannot_be_checked_is_told(page, text: str, said: str) -> None:
    """A link on two lines, a ratio to 0, and a metric that is none: none of them passes unseen, nor stops the command."""
    path = page(text)
    record = json.loads((path.parent / A).read_text()) | {"zero": 0}
    record["results"]["odd"] = 1
    (path.parent / A).write_text(json.dumps(record))
    (line,) = mistakes([path])
    assert said in line


def test_a_record_that_is_none_is_told(page) -> None:
    """A record's file that holds something else is told like any other link that leads to no number."""
    path = page(f"[1]({A}#span_f1)")
    (path.parent / A).write_text("[]")
    assert "has no number at 'span_f1'" in mistakes([path])[0]


def test_pages_beside_a_results_folder(page, tmp_path: Path) -> None:
    """README.md and docs/, also deeper, where they hold figures; pages without figures and other pages are left alone."""
    figure = f"[56.39]({A}#span_f1)"
    for name, text in {
        "README.md": figure,
        "docs/a.md": f"[56.39](../{A}#span_f1)",
        "docs/deep/b.md": "[1](../../results/a/result.json#span_f1)",
        "docs/words.md": "no figure",
        "NOTES.md": figure,
        "docs/code.py": figure,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = pages_beside(tmp_path / "results")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["README.md", "docs/a.md", "docs/deep/b.md"]
    (told,) = mistakes(found)
    assert "docs/deep/b.md:1: says 1" in told
