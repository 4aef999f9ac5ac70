"""Published tables: rows that can be as they are printed pass, those that cannot are named."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.verify.published.check import check, exit_code, outcome

F1 = "F1 of precision and recall"
ROUGE = "ROUGE-L is at most ROUGE-1"
GRIM = "accuracy x n is whole"
AROUND = "an interval holds its value"
MEAN = "a mean is that of its parts"


def outcomes(folder: Path, header: str, *rows: str) -> dict[str, str]:
    """Identity -> outcome, of a table in CSV."""
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return {one.identity: outcome(one) for table in check(path) for one in table.tried}


@pytest.mark.parametrize(
    ("header", "row", "identity", "expected"),
    [
        ("P,R,F1", "60.00,70.00,64.62", F1, "pass"),
        ("P,R,F1", "60.00,70.00,64.63", F1, "FAIL"),
        ("P,R,F1", "0.60,0.70,0.64", F1, "pass"),  # rounded to two digits: 0.6403 to 0.6523
        ("P,R,F1", "0.60,0.70,0.67", F1, "FAIL"),
        ("Precision (%),Recall (%),F1", "60,70,0.65", F1, "pass"),  # percent beside shares
        ("dev P,dev R,test F1", "60,70,10", F1, None),  # of two splits
        ("P,R,F1", "60.00,70.00,64.00 ± 0.3", F1, "pass"),  # a mean over runs may be lower, never higher
        ("P,R,F1", "60.00,70.00,65.00 ± 0.3", F1, "FAIL"),
        ("P,R,Macro F1", "60,70,50", F1, None),
        ("P,R,F1", "60.00,,64.62", F1, "not checkable"),
        ("ROUGE-1,ROUGE-L", "35.1,35.1", ROUGE, "pass"),
        ("ROUGE-1,ROUGE-L", "35.1,35.3", ROUGE, "FAIL"),
        ("R-1,R-2,R-L", "35,40,35.4", ROUGE, "pass"),  # 35 may have been 35.4
        ("accuracy,n", "61.2,250", GRIM, "pass"),
        ("accuracy,n", "61.3,250", GRIM, "FAIL"),
        ("accuracy,n,seeds", "61.3,250,4", GRIM, "pass"),
        ("accuracy,n", "61.3,25000", GRIM, "not checkable"),  # any printed number is a share of so many
        ("Acc. (n = 8)", "0.62", GRIM, "pass"),  # 0.625, rounded to even
        ("Acc. (n = 8)", "0.64", GRIM, "FAIL"),
        ("right,n,accuracy", "153,250,61.2", "accuracy of counts", "pass"),
        ("right,n,accuracy", "154,250,61.2", "accuracy of counts", "FAIL"),
        ("tp,fp,precision", "3,1,0.75", "precision of counts", "pass"),
        ("tp,fp,precision", "3,2,0.75", "precision of counts", "FAIL"),
        ("tp,fp,fn,tn,n", "1,2,3,4,10", "counts sum to n", "pass"),
        ("tp,fp,fn,tn,n", "1,2,3,4,11", "counts sum to n", "FAIL"),
        ("bits per token,perplexity", "3.00,8.00", "perplexity of bits", "pass"),
        ("bits per token,perplexity", "3.00,8.06", "perplexity of bits", "FAIL"),
        ("bits per byte,word perplexity", "3.00,900", "perplexity of bits", "not checkable"),
        ("test loss,test ppl", "2.0,7.4", "perplexity of nats", "pass"),  # 2.0 stands for 1.95 to 2.05
        ("test loss,test ppl", "2.00,7.50", "perplexity of nats", "FAIL"),
        ("nats,bits", "1.000,1.443", "bits of nats", "pass"),
        ("nats,bits", "1.000,1.500", "bits of nats", "FAIL"),
        ("F1,lower,upper", "64.8,63.1,66.5", AROUND, "pass"),
        ("F1,lower,upper", "66.7,63.1,66.5", AROUND, "FAIL"),
        ("F1,95 % CI", "64.8,63.1-66.5", AROUND, "pass"),
        ("F1,95 % CI", "62.8,[63.1; 66.5]", AROUND, "FAIL"),
        ("F1", "62.8 (63.1-66.5)", AROUND, "FAIL"),
        ("F1", "63.0 (63.1-66.5)", AROUND, "pass"),  # 63.05 is printed as both
        ("accuracy", "101.2", "possible in their units", "FAIL"),
        ("perplexity", "0.9", "possible in their units", "FAIL"),
    ],
)  # fmt: skip
def test_a_row(header: str, row: str, identity: str, expected: str | None, tmp_path: Path) -> None:
    """A row is held against the identity that its columns allow, up to what rounding hides."""
    assert outcomes(tmp_path, header, row).get(identity) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("m,50.0,60.0,70.0,60.0", "k,50.1,60.1,70.1,60.1"), "pass"),
        (("m,50.0,60.0,70.0,60.0", "k,50.1,60.1,70.1,60.3"), "FAIL"),
        (("m,50.0,60.0,70.0,66.0", "k,50.1,60.1,70.1,66.3"), "not checkable"),  # weighted
        (("m,50.0,60.0,70.0,70.2", "k,50.1,60.1,70.1,66.3"), "FAIL"),  # beyond its parts, whatever the weights
        (("m,50.00,60.00,57.90,55.97", "k,1.0,2.0,3.0,2.0"), "pass"),  # 55.967
    ],
)  # fmt: skip
def test_a_column_of_means(rows: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    """A mean is held against its parts where most rows say that it is the plain one."""
    assert outcomes(tmp_path, "model,AFQMC,TNEWS,OCNLI,Avg.", *rows)[MEAN] == expected


def test_rounded_truth_never_fails(tmp_path: Path) -> None:
    """Rows of true counts pass, with whatever digits they are printed."""
    rng = random.Random(0)
    rows = []
    for _ in range(400):
        tp, fp, fn = (rng.randrange(1, 400) for _ in range(3))
        p, r, f = tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)
        n = rng.randrange(2, 2000)
        right, digits = rng.randrange(n + 1), rng.randrange(1, 4)
        rows.append(",".join(f"{100 * value:.{digits}f}" for value in (p, r, f, right / n)) + f",{n}")
    found = outcomes(tmp_path, "P,R,F1,accuracy,n", *rows)
    assert found == {F1: "pass", GRIM: "pass", "possible in their units": "pass"}


def test_one_digit_more_is_found_out(tmp_path: Path) -> None:
    """Of rows whose F1 is moved by two units of its last digit, all are found."""
    rng = random.Random(1)
    rows = []
    for _ in range(100):
        p, r = rng.uniform(40, 90), rng.uniform(40, 90)
        rows.append(f"{p:.2f},{r:.2f},{2 * p * r / (p + r) + rng.choice((-0.03, 0.03)):.2f}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["P,R,F1", *rows]), encoding="utf-8")
    assert sum(len(one.wrong) for one in check(path)[0].tried) == 100


MARKDOWN = """Results.

| model | P | R | F1 |
|:--|--:|--:|--:|
| **[ours](x.md)** | **60.00** | 70.00 | 64.62 |
| theirs | 60.00 | 70.00 | 46.62 |

| | cat | dog | total |
|--|--|--|--|
| cat | 5 | 1 | 6 |
| dog | 2 | 7 | 9 |
| total | 7 | 8 | 15 |
"""


def test_markdown_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every table of a page is read, a confusion matrix too; a row that cannot be is named by its line."""
    path = tmp_path / "page.md"
    path.write_text(MARKDOWN, encoding="utf-8")
    assert main(["verify", "--table", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"FAIL {path}:6: F1 46.62 is not the F1 of P 60.00 and R 70.00" in out
    assert "pass           sums of a confusion matrix (cat, dog, total): 6 rows" in out
    assert "recognised: P (precision), R (recall), F1 (F1)" in out
    assert "not recognised: model" in out
    assert out.endswith("5 rows, 1 of which cannot be as they are printed.\n")


def test_a_confusion_matrix_that_does_not_sum(tmp_path: Path) -> None:
    """A cell that was changed shows in the sum of its row and of its column."""
    path = tmp_path / "page.md"
    path.write_text(MARKDOWN.replace("| 2 | 7 |", "| 2 | 8 |"), encoding="utf-8")
    assert {place for place, _ in check(path)[1].tried[0].wrong} == {f"{path}:11", f"{path}:12"}


@pytest.mark.parametrize(
    "value",
    [
        [{"model": "a", "P": 60.00, "R": 70.00, "F1": 46.62}],
        {"columns": ["P", "R", "F1"], "rows": [[60, 70, 46.62]]},
        {"a": {"P": 60, "R": 70, "F1": 46.62}},
    ],
)
def test_json(value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lists of objects, columns with rows, and objects by name are tables; --json says what was found."""
    path = tmp_path / "table.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert main(["verify", "--table", str(path), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == 1
    (found,) = (one for one in said["tables"][0]["identities"] if one["outcome"] == "FAIL")
    assert (found["identity"], len(found["wrong"])) == (F1, 1)


def test_a_table_without_a_known_column_is_not_checkable(tmp_path: Path) -> None:
    """Nothing that could be tried is exit 3, never a pass."""
    path = tmp_path / "table.tsv"
    path.write_text("colour\tshape\nred\tround\n", encoding="utf-8")
    assert exit_code(check(path)) == main(["verify", "--table", str(path)]) == 3


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("t.csv", "P,R,F1\n1,2\n", 4, "t.csv:2: 2 cells under 3 columns"),
        ("t.csv", "P,P\n1,2\n", 4, "t.csv:1: the column 'P' is there twice"),
        ("t.csv", 'P,R\n"1,2\n', 4, "t.csv:2: unexpected end of data"),
        ("t.csv", "P,R\n", 4, "holds no table"),
        ("t.md", "# nothing\n", 4, "holds no table"),
        ("t.json", "[1, 2]", 4, "t.json:row 1: '1' is no row"),
        ("t.json", "[{", 4, "t.json:1: not JSON"),
        ("t.csv", b"P,R\n1,2\n\xff,3\n", 4, "t.csv:3: not UTF-8"),
        ("t.xlsx", "", 2, "ends with .csv, .tsv, .md or .json"),
    ],
)
def test_what_is_no_table(
    name: str, content: str | bytes, code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no table is told with its row."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["verify", "--table", str(path)]) == code
    assert message in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file is wrong usage, as is a table beside records."""
    assert main(["verify", "--table", str(tmp_path / "none.csv")]) == 2
    assert main(["verify"]) == 2
    assert main(["verify", "results", "--table", str(tmp_path / "none.csv")]) == 2
    assert "not both" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("NaN", "NaN is no number"),
        ("1e400", "too large"),
        ("-Infinity", "-Infinity is no number"),
        ("1e99999", "too large"),
    ],
)
def test_numbers_that_are_none(cell: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What no floating point number holds is exit 4, with its row."""
    path = tmp_path / "table.json"
    path.write_text(f'[{{"precision": 0.5, "recall": 0.5, "f1": 0.5}}, {{"precision": {cell}}}]', encoding="utf-8")
    assert main(["verify", "--table", str(path)]) == 4
    told = capsys.readouterr().err
    assert said in told
    assert "2" in told


def test_files_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file and a folder are told apart."""
    (tmp_path / "folder.csv").mkdir()
    assert [main(["verify", "--table", str(tmp_path / name)]) for name in ("none.csv", "folder.csv")] == [2, 2]
    told = capsys.readouterr().err
    assert "no such file" in told
    assert "is a folder" in told


def test_rows_that_could_not_be_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row whose n is zero or no number is counted, not passed over."""
    path = tmp_path / "table.csv"
    path.write_text("accuracy,n\n61.2,250\n61.2,0\n61.2,abc\n", encoding="utf-8")
    assert main(["verify", "--table", str(path)]) == 0
    assert "1 rows; 2 could not be tried" in capsys.readouterr().out
