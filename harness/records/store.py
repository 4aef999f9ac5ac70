"""Records on disk: ``results/<task>/<model>/<run id>/``. Append-only, atomic, resumable.

A run folder holds ``result.json`` (status ``started`` first, the whole record last), ``samples.jsonl`` (predictions,
one line an item, appended batch by batch; packed to ``samples.parquet`` when the run is done) and, while the run lasts,
``seed-N/`` with checkpoints. A lock keeps a second process out; it falls with the process that holds it. Runs of schema
1 had ``samples.jsonl.gz``; ``harness records pack`` turns it into ``samples.parquet`` and ``samples.json``.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError, UsageError
from harness.files import cannot_write, canonical, contents, write_atomically
from harness.progress import say
from harness.records import samples
from harness.records.record import RunRecord, parse
from harness.spec import Example


def now() -> str:
    """The present moment, UTC, in ISO 8601 to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def lines_of(content: bytes) -> list[dict[str, Any]]:
    """Rows of JSON lines. The last line of a killed run may be torn: it is left out. ``ValueError`` for another one,
    and for a line of a journal whose checksum is not its own.

    >>> lines_of(b'{"id":"a"}\\n{"id"')
    [{'id': 'a'}]
    """
    whole = content[: content.rfind(b"\n") + 1]  # bytes: a kill may have come in the middle of a character
    return [line_of(line) for line in whole.split(b"\n")[:-1]]


def line_of(line: bytes) -> dict[str, Any]:
    """A row of JSON lines; where a checksum stands behind it, only if that is its own."""
    text, tab, checksum = line.partition(b"\t")
    if tab and checksum != checksum_of(text):
        raise ValueError(f"the line that begins with {text[:40]!r} does not have its checksum")
    found: dict[str, Any] = json.loads(text)
    return found


def journal_line(row: dict[str, Any]) -> str:
    """A row as the journal holds it: canonical JSON, which has no tab, a tab, and its checksum (CRC-32)."""
    text = canonical(row)
    return f"{text}\t{checksum_of(text.encode()).decode()}\n"


def checksum_of(text: bytes) -> bytes:
    """CRC-32 in eight hexadecimal digits."""
    return b"%08x" % zlib.crc32(text)


MOST_LOOKED_AT = 50
"""So many runs in a folder are read to see which one has scores."""


@dataclass(frozen=True)
class RunFolder:
    """One run's folder."""

    path: Path

    @property
    def record_path(self) -> Path:
        """Where the record is."""
        return self.path / "result.json"

    @property
    def journal(self) -> Path:
        """Predictions while the run lasts."""
        return self.path / "samples.jsonl"

    @property
    def packed(self) -> Path:
        """Predictions of a finished run."""
        return self.path / samples.NAME

    @property
    def unpacked(self) -> Path:
        """Predictions of a finished run of schema 1 that were not packed yet."""
        return self.path / "samples.jsonl.gz"

    def seed(self, seed: int) -> Path:
        """Checkpoints of one seed while the run lasts."""
        return self.path / f"seed-{seed}"

    def write(self, record: RunRecord) -> None:
        """Write the record, whole or not at all."""
        write_atomically(self.record_path, json.dumps(record.as_json(), indent=1, ensure_ascii=False) + "\n")

    def read(self) -> RunRecord:
        """Read the record back; ``DataError`` where it does not hold together."""
        try:
            text = contents(self.record_path).decode("utf-8")
        except FileNotFoundError as error:
            raise DataError(
                f"{self.path} holds no result.json. Give the folder of a run, "
                "such as results/ner/cmeee/ner/crf/<run id>."
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"{self.record_path} cannot be read ({getattr(error, 'strerror', None) or error})."
            ) from error
        return parse(text, self.record_path)

    def schema(self) -> int:
        """The schema version that a record was written in; 0 where its file does not say."""
        try:
            said = json.loads(contents(self.record_path)).get("schema_version")
        except (OSError, ValueError, AttributeError, RecursionError):
            return 0
        return said if type(said) is int else 0

    @contextlib.contextmanager
    def lock(self, otherwise: str = "use --fresh to start a run of your own") -> Iterator[None]:
        """Hold the folder for this process; ``UsageError`` while another holds it, which says what to do otherwise."""
        import fcntl

        path = self.path / ".lock"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            stream = path.open("w")
        except OSError as error:
            raise cannot_write(self.path, error) from error
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if (
                    path.stat().st_ino != os.fstat(stream.fileno()).st_ino
                ):  # its holder removed it between our two steps
                    raise FileNotFoundError
            except OSError as error:
                raise UsageError(f"another process is at work on {self.path}. Wait for it, or {otherwise}.") from error
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    # ------------------------------------------------------------ predictions

    def append(self, lines: Iterable[dict[str, Any]]) -> None:
        """Append predictions and push them to the disk before going on."""
        try:
            with self.journal.open("a", encoding="utf-8") as stream:
                stream.write("".join(map(journal_line, lines)))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise cannot_write(self.journal, error) from error

    def predictions(self) -> list[dict[str, Any]]:
        """All predictions at hand: those of a finished run by seed and id, those of an unfinished one as they came.

        Raises ``DataError`` where there are none, or none that can be read.
        """
        if self.packed.exists():
            return samples.read(self.packed)
        if self.journal.exists():
            try:
                return lines_of(contents(self.journal))
            except (OSError, ValueError, RecursionError) as error:
                raise DataError(
                    f"the predictions in {self.path} are damaged ({error}). "
                    "Restore the file, or run again with --fresh."
                ) from error
        if self.unpacked.exists():
            raise DataError(
                f"{self.unpacked} holds predictions in the form of an older harness. "
                f"`harness records pack {self.path}` turns them into {samples.NAME}; then give the command again."
            )
        raise DataError(
            f"{self.path} holds no predictions ({samples.NAME}). The run was cut off before it predicted; run it again."
        )

    def recorded_predictions(self, record: RunRecord) -> list[dict[str, Any]]:
        """The predictions that a record was made of; ``DataError`` where their SHA-256 is not that of the record."""
        named = record.samples or {}
        if self.packed.exists() and named.get("path") != samples.NAME:
            raise DataError(
                f"{self.path} lacks samples.json, which says what its predictions must be. "
                f"Restore it; while {self.unpacked.name} is there, `harness records pack {self.path}` makes it."
            )
        rows = self.predictions()
        if not self.packed.exists() or samples.digest(rows) != named.get("sha256"):
            raise DataError(
                f"{self.packed} is not the file of the record: the SHA-256 of its predictions differs. "
                "Restore it, or run again."
            )
        return rows

    def keep(self, lines: Sequence[dict[str, Any]]) -> None:
        """Replace the journal by these lines: what a resumed run trusts of a killed one."""
        write_atomically(self.journal, "".join(map(journal_line, lines)))

    def unfinished(self, chunks: Iterable[Sequence[Example]], seed: int) -> list[Sequence[Example]]:
        """The chunks that a seed has still to answer.

        One that a killed run wrote in part is taken back, to be answered whole; so is one with a line that is damaged,
        after a word.
        """
        rows = self._sound() if self.journal.exists() else []
        done = {row["id"] for row in rows if row["seed"] == seed}
        todo = [chunk for chunk in chunks if not all(example.id in done for example in chunk)]
        again = {example.id for chunk in todo for example in chunk}
        if self.journal.exists():
            self.keep([row for row in rows if row["seed"] != seed or row["id"] not in again])
        return todo

    def _sound(self) -> list[dict[str, Any]]:
        """The rows of the journal that are what was written."""
        try:
            lines = contents(self.journal).split(b"\n")[:-1]
        except OSError as error:
            raise DataError(f"{self.journal} cannot be read ({error}).") from error
        rows = []
        for line in lines:
            with contextlib.suppress(ValueError, RecursionError):
                rows.append(line_of(line))
        if len(rows) < len(lines):
            say(
                f"note: {len(lines) - len(rows)} of {len(lines)} lines of {self.journal} are damaged; they are answered again"
            )
        return rows

    def pack(self) -> dict[str, Any]:
        """Pack the predictions, and say what a record keeps of them. The bytes depend on the content alone."""
        return samples.write(self.packed, self.predictions())

    def unpack(self) -> None:
        """Go back to the journal, which a killed run still has beside what it packed, and which is the truth until the
        end."""
        if self.journal.exists():
            self.packed.unlink(missing_ok=True)

    def clean(self, keep_journal: bool = False) -> None:
        """Remove what only an unfinished run needs; the predictions of a failed run may stay for a look."""
        if not keep_journal:
            self.journal.unlink(missing_ok=True)
        for partial in self.path.glob(".*.part"):  # what a kill in the middle of a write left
            partial.unlink(missing_ok=True)
        for folder in self.path.glob("seed-*"):
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Store:
    """A results folder."""

    root: Path

    def folder(self, task: str, model: str, run_id: str) -> RunFolder:
        """The folder of a run; nothing is created."""
        return RunFolder(self.root / task / model / run_id)

    def new(self, task: str, model: str, key: str) -> RunFolder:
        """A new folder, named by the time and eight digits of the comparability key."""
        moment = datetime.datetime.now(datetime.UTC)
        while True:
            folder = self.folder(task, model, f"{moment:%Y%m%dT%H%M%SZ}-{key[:8]}")
            try:
                folder.path.mkdir(parents=True)
                return folder
            except FileExistsError as error:
                if not folder.path.exists():  # what exists is in the way above: a link that leads nowhere
                    raise cannot_write(folder.path, error) from error
                moment += datetime.timedelta(seconds=1)
            except OSError as error:
                raise cannot_write(folder.path, error) from error

    def folders(self) -> list[RunFolder]:
        """Every run folder below, in order of path."""
        return [RunFolder(path.parent) for path in sorted(self.root.rglob("result.json"))]

    def places(self, name: str) -> list[Path]:
        """The folders of a path, which may begin here or, as boards link records, in the results folder."""
        path = Path(name).parent if Path(name).name == "result.json" else Path(name)
        return [folder for folder in dict.fromkeys((path, self.root / path)) if os.path.isdir(folder)]  # noqa: PTH112 - never raises

    def scored(self, name: str) -> RunFolder:
        """A run as ``find`` has it; of a few runs in a folder the only one that has scores, which is said."""
        below = next(filter(None, (Store(place).folders() for place in self.places(name))), [])
        if 1 < len(below) <= MOST_LOOKED_AT and below[0].path not in self.places(name):
            records = [(folder, folder.read()) for folder in below]
            fitting = [folder for folder, record in records if record.status == "success" and record.samples]
            if len(fitting) == 1:
                say(f"note: of the {len(below)} runs in {name}, {fitting[0].path.name} alone has scores.")
                return fitting[0]
        return self.find(name)

    def find(self, name: str) -> RunFolder:
        """A run by its folder, a folder that holds it alone, its id, or the beginning of its id."""
        for place in self.places(name):
            if (place / "result.json").exists():
                return RunFolder(place)
        below = next(filter(None, (Store(place).folders() for place in self.places(name))), [])
        if len(below) == 1:
            return below[0]
        if below:
            shown = "\n  ".join([*(str(folder.path) for folder in below[:10]), *(["..."] if len(below) > 10 else [])])
            raise UsageError(f"{name} holds {len(below):,} runs:\n  {shown}\nGive the id or the folder of one.")
        matches = [folder for folder in self.folders() if folder.path.name.startswith(name)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UsageError(
                f"{name!r} begins several runs: {', '.join(str(folder.path) for folder in matches[:3])}. "
                "Give more of the id, or the folder."
            )
        raise UsageError(
            f"no run {name!r} under {self.root}. Give a run's folder or id; `harness leaderboard` links them."
        )
