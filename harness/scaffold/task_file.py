"""The task file of a data set that was recognised: at most 30 lines, of which most are its card."""

from __future__ import annotations

import importlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import kinds, readers
from harness.data.places import Located
from harness.data.splits import Split, load_split
from harness.registry.shelves import Entry
from harness.scaffold.recognised import Recognised, language_of
from harness.spec import DataFile, Example

LOOKED_AT = 500
"""Texts of train that tell the language."""
LARGE = 64 << 20
"""Bytes of files above which examples are not held, but read again for each pass."""
FILE = '''"""{name}: data of one's own, as `harness new task` recognised them. Correct what is wrong."""

from harness.metrics.{module} import {function}
from harness.readers import Form, read
from harness.spec import {words}

TASK = Task(
    kind={kind}, title={title}, language={language}, split={split},
    source="data of one's own", licence={licence},
{card}    metrics={metrics},
)
FORM = Form({format}, {kind}, TASK.labels, {options})
{places}

def load(split, files, surprises):
    """The examples of a split in file order; what was repaired is counted in ``surprises``."""
    return read({path}, split, FORM, surprises)


def score(gold, outputs):
    """The metrics of the card."""
    return {function}(gold, outputs{arguments})
'''


def source(found: Recognised, title: str, facts: Mapping[str, Any]) -> str:
    """The source of a task; ``facts`` has language, licence and further fields of the card."""
    form, scoring = found.form, kinds.find(found.form.kind).scoring
    parts = {name: value for name, value in facts.items() if name not in ("language", "licence")}
    card = [f"    labels={literal(form.labels)},\n"] if form.labels else []
    if parts:
        card.append(f"    {', '.join(f'{name}={literal(value)}' for name, value in parts.items())},\n")
    if found.in_files:
        rows = "".join(f"        {spelt(file)},\n" for file in found.files)
        card.append(f"    files=(\n{rows}    ),\n")
    else:
        card.append("    generated=True,  # folders and data sets on the hub are no files of a card\n")
    return FILE.format(
        name=title,
        title=literal(title),
        module=scoring.module,
        function=scoring.function,
        words="DataFile, Task" if found.in_files else "Task",
        kind=literal(form.kind),
        language=literal(facts["language"]),
        licence=literal(facts["licence"]),
        split=literal(found.ranked),
        card="".join(card),
        metrics=literal(scoring.metrics),
        format=literal(form.format),
        options=literal(dict(form.options)),
        places="" if found.in_files else f"PLACES = {literal(dict(found.paths))}\n",
        path="*files.values()" if found.in_files else "PLACES[split]",
        arguments=scoring.arguments.format(flat=not parts.get("nested", False)),
    )


def spelt(file: DataFile) -> str:
    """A file as it stands in a card."""
    parts = ", ".join(map(literal, (file.split, file.name, file.sha256)))
    return f"DataFile({parts}, where={literal(file.where)})"


def literal(value: Any) -> str:
    """A value as Python source, with double quotes.

    >>> print(literal(("it's", 'a "b"', True)), literal({"a": 1}), literal(("LOC",)))
    ("it's", "a \\"b\\"", True) {"a": 1} ("LOC",)
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=not value.isprintable())
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(name)}: {literal(item)}' for name, item in value.items())}}}"
    return repr(value)


def entry_of(root: Path, path: Path) -> Entry:
    """A file that was just written as an entry, whether ``HARNESS_PATH`` names its folder or not."""
    importlib.invalidate_caches()
    return Entry("tasks", f"{path.parent.name}/{path.stem}", path, root)


def read(found: Recognised, entry: Entry) -> dict[str, Split]:
    """The splits as a run reads them, once; ``entry`` is where the file will be. Raises ``DataError`` for a malformed row."""
    located: dict[str, dict[str, Located]] = {
        file.split: {file.name: Located(file, Path(found.paths[file.split]), f"--{file.split}", file.sha256)}
        for file in (found.files if found.in_files else ())
    }

    def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
        return readers.read(found.paths[split], split, found.form, surprises)

    module = ModuleType(entry.short)
    module.load = load  # type: ignore[attr-defined]
    large = sum(Path(path).stat().st_size for path in found.paths.values()) > LARGE if found.in_files else False
    return {split: load_split(entry, module, split, located.get(split, {}), streamed=large) for split in found.paths}


def told_by_texts(found: Recognised, splits: Mapping[str, Split], language: str | None) -> dict[str, Any]:
    """What the card says that only the texts tell: language, and what the kind knows of the examples of all splits."""
    first = itertools.islice(splits["train"].examples, LOOKED_AT)
    spoken = language or language_of(example.input for example in first)
    every = (example for split in splits.values() for example in split.examples)
    return {"language": spoken, **kinds.find(found.form.kind).card_parts(every, found.form.labels, spoken)}
