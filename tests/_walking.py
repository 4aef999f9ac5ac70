"""The commands, links and excerpts of Markdown pages, for the tests of README.md and docs/."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path

from harness.registry.shelves import find, load

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
TEXTS = ["右下腹压痛两天", "患儿发热伴咳嗽", "肺炎支原体感染", "予以青霉素治疗", "心率一百次每分"]
NAMES = ["Anna", "Bela", "Cleo"]
EXPECTED = {"harness data add my-data": 4}  # the rows of the test are no known edition


def read(file: str) -> str:
    """The text of a page."""
    return (ROOT / file).read_text(encoding="utf-8")


def blocks(file: str, language: str) -> list[str]:
    """The code blocks of a page that are marked with a language."""
    return re.findall(rf"```{language}\n(.*?)```", read(file), re.DOTALL)


def walk(file: str) -> list[tuple[str, list[str]]]:
    """Each line after a dollar sign in the console blocks, without its comment, and the lines shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(file, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:].partition("  #")[0].strip(), []))
            else:
                found[-1][1].append(line)
    return found


def commands(file: str) -> list[str]:
    """The lines after a dollar sign in the console blocks, without their comments."""
    return [command for command, _ in walk(file)]


def lay_out(folder: Path) -> None:
    """What the walks stand on: CMeEE in its JSON form, people in that of doccano, documents to pretrain on, the files that
    README, CONTRIBUTING and docs show."""
    (folder / "my-data").mkdir()
    for name in ("CMeEE_train.json", "CMeEE_dev.json"):
        rows = [
            {"text": text + str(i), "entities": [{"start_idx": 0, "end_idx": 2, "type": "bod", "entity": text[:3]}]}
            for i in range(8)
            for text in TEXTS
        ]
        (folder / "my-data" / name).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    for split in ("train", "dev", "test"):
        lines = [
            {"text": f"{name} met {split} {i}", "label": [[0, len(name), "PER"]]} for i in range(20) for name in NAMES
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    (folder / "my-documents").mkdir()
    rng = random.Random(0)
    letters = sorted({letter for row in load(find("tasks", "cmeee")).sample("train") for letter in row.input.text})
    for source in ("body", "sky"):
        documents = [
            {"id": i, "licence": "CC0", "sents": ["".join(rng.choices(letters, k=24)) + "。" for _ in range(8)]}
            for i in range(60)
        ]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in documents)
        (folder / "my-documents" / f"{source}.jsonl").write_text(text, encoding="utf-8")
    for file in ("README.md", "CONTRIBUTING.md", "docs/claims.md"):
        for name, source in re.findall(r"`my-folder/(\S+\.py)`[^\n]*:\n\n```python\n(.*?)```", read(file), re.DOTALL):
            path = folder / "my-folder" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")


def shell(command: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a harness command in a folder, with its stars expanded and both streams in one."""
    first, *rest = shlex.split(command)
    assert first == "harness", f"{command!r} is not a harness command: add it to tests/_walking.py"
    words: list[str] = []
    for word in rest:
        words += sorted(path.relative_to(place).as_posix() for path in place.glob(word)) if "*" in word else [word]
    return subprocess.run(
        [sys.executable, "-m", "harness", *words],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )


def follow(file: str, place: Path, shorten: str = "") -> dict[str, str]:
    """Run the commands of a page in their order in a folder: all exit as they should, and print something. Their outputs."""
    said, environment = {}, {}
    for command in commands(file):
        if command.startswith("make "):
            continue
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            environment[name] = value
            continue
        done = shell(command + (shorten if command.startswith("harness run ") else ""), place, **environment)
        assert done.returncode == EXPECTED.get(command, 0), f"{command}\n{done.stdout}"
        assert done.stdout, command
        said[command] = done.stdout
    return said


def shape(line: str) -> str:
    """A line with every run of digits as one 0 and of blanks as one blank: what does not depend on the machine."""
    return re.sub(r"\s+", " ", re.sub(r"[0-9]+", "0", line)).strip()


def tables(page: str) -> list[list[dict[str, str]]]:
    """The tables of a page: a list of rows, each column -> cell."""
    found: list[list[dict[str, str]]] = []
    for block in re.findall(r"(?:^\|.*\|$\n?)+", page, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        found.append([dict(zip(head, row, strict=True)) for row in rows])
    return found


def anchors(page: str) -> set[str]:
    """The anchors that a viewer of Markdown makes of a page's headings."""
    bare = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", bare, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}
