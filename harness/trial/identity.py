"""What a model loads, by the content of its files: a name that stays while they change is another model.

Three parts, each SHA-256 by path:

* ``encoder_files``: the folder of an encoder with weights. For a Hugging Face id that is the snapshot in the local cache
  of models which the id leads to now, so that an id whose ``refs/main`` has moved is another encoder.
* ``beside``: all that is no code in the folder of a model of ``HARNESS_PATH``, whoever may read it: weights that are read
  by compiled code are seen by no hook.
* ``Watch``: every other file of the user's that Python opens to read while the model is imported, built, trained and
  asked, as an audit hook sees it. Left out are code, what belongs to the system, to this package or to Python, hidden
  folders (``~/.cache``), and the run's own data and results.

The first two are known before the run and part of its fingerprint. A run on record is the same run only where all files
that it names still have their digests: code that is given the same bytes for all it has read so far asks for the same
next file. What is not seen: a file that only a child process reads, and one outside of the model's folder that only
compiled code opens.
"""

from __future__ import annotations

import contextlib
import os
import site
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFailure, RunError
from harness.files import cache_folder, file_digest
from harness.records.record import further_files
from harness.registry.shelves import SHIPPED, Entry, entries, load, roots, spelt

NEVER_READ = (".md", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx", ".ot", ".svg", ".png", ".jpg")
"""Files of a checkpoint that are not read: only safetensors are, and no pictures and pages."""
PATIENCE = 4.0
"""Seconds to wait for the answer of a model hub."""
CODE = (".py", ".pyi", ".pyc", ".so", ".pyd", ".nbi", ".nbc")
SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/run", "/var", "/opt")


# ---------------------------------------------------------------- known before the run


def encoder_files(encoder: str) -> dict[str, str]:
    """Digests of the files of an encoder with weights, by name: other weights are another model."""
    folder = encoder_folder(encoder)
    if folder is None:
        return {}
    return {
        path.name: file_digest(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path.name != "card.json" and not never_read(path)
    }


def require_encoder(encoder: str) -> None:
    """Raise ``EnvironmentFailure`` for an encoder that a run could not load: it is neither ours, nor a folder, nor in
    the local cache of models, and the model hub does not have it or is out of reach. Nothing is downloaded.
    """
    name = encoder.partition(":")[0]
    if not name or encoder_entry(encoder) or encoder_folder(encoder) is not None:
        return
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise EnvironmentFailure(f"encoder {name}: there is no such folder.")
    try:
        from huggingface_hub import model_info

        model_info(name, timeout=PATIENCE)
    except Exception as error:
        ours = ", ".join(entry.short for entry in entries("encoders"))
        raise EnvironmentFailure(
            f"encoder {name}: not an encoder of this project, not a folder, not in the local cache of models, and the "
            f"model hub does not give it ({type(error).__name__}). Give the path of its folder, or one that ships: {ours}."
        ) from error


def never_read(path: Path) -> bool:
    """Whether a file of a checkpoint is of a form that is not read."""
    return path.suffix.lower() in NEVER_READ or path.name.upper().startswith(("LICENSE", "LICENCE"))


def encoder_folder(encoder: str) -> Path | None:
    """Where the weights of an encoder are: beside a file of a shelf, in a local folder, or in the cache of models."""
    name = encoder.partition(":")[0]
    if not name:
        return None
    for entry in entries("encoders"):
        if entry.name == spelt("encoders", name):
            folder = entry.path.parent / entry.card.weights
            return folder if entry.card.weights and folder.is_dir() else None
    with contextlib.suppress(RuntimeError):  # a home that does not exist
        folder = Path(name).expanduser()
        if folder.is_dir():
            return folder
    return snapshot(name)


def snapshot(name: str) -> Path | None:
    """The folder in the local cache of models that an id leads to now; ``None`` where it is not there, or no id."""
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return None
    try:
        from huggingface_hub import snapshot_download  # slow to import

        folder = Path(snapshot_download(name, local_files_only=True))
    except Exception:  # not in the cache, no id, no such package: loading it says so
        return None
    return folder if folder.is_dir() else None


def beside(*loaded: Entry) -> dict[str, str]:
    """Digests of all that is no code in the folders of these entries, by path below their folder of ``HARNESS_PATH``;
    what ships has nothing there but encoders' weights."""
    found = {}
    for entry in loaded:
        for path in sorted(entry.path.parent.rglob("*")) if entry.root != SHIPPED else ():
            if path.is_file() and not is_code(path.relative_to(entry.root)):
                found[called(path)] = file_digest(path)
    return found


def is_code(path: Path) -> bool:
    """Whether a path is code, which the digest of the source covers, or hidden."""
    return path.suffix in CODE or any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def encoder_entry(encoder: str) -> list[Entry]:
    """The file of a shelf that an encoder is, if it is one."""
    name = spelt("encoders", encoder.partition(":")[0])
    return [entry for entry in entries("encoders") if entry.name == name]


def called(path: Path) -> str:
    """A file as records name it: by its path below a folder of ``HARNESS_PATH``, else in full."""
    for root in roots()[1:]:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return str(path)


def place(name: str) -> Path:
    """The file that a record names."""
    found = [root / name for root in roots()[1:] if (root / name).exists()]
    return found[0] if found else Path(name)


# ---------------------------------------------------------------- whether it is still the same


def changed(model: Mapping[str, Any]) -> list[str]:
    """The files of a model of a record that are gone or have other bytes by now, by name."""
    found = []
    for name, sha256 in further_files(model).items():
        try:
            same = file_digest(place(name)) == sha256
        except OSError:
            same = False
        found += [] if same else [name]
    return found


def refuse_changed(model: Mapping[str, Any]) -> None:
    """Raise ``RunError`` where files that the model loads were written to while it ran: its score would be of neither."""
    names = changed(model)
    if encoder_files(str(model["encoder"] or "")) != model["encoder_files"]:
        names = [f"the files of the encoder {model['encoder']}", *names]
    if names:
        raise RunError(f"{', '.join(names)} changed while the run went on. Give the command again.")


# ---------------------------------------------------------------- seen during the run


class Watch:
    """The files of the user's that Python opens to read inside of ``on()``, with the digests that they had then."""

    def __init__(self, *passed: Path) -> None:
        """``passed`` are files and folders that are no part of the model."""
        libraries = [sys.prefix, sys.base_prefix, *site.getsitepackages(), site.getusersitepackages()]
        self.passed = {Path(name).resolve() for name in (*SYSTEM, *libraries)}
        self.passed |= {path.resolve() for path in (cache_folder(), *passed)}
        self.files: dict[Path, str] = {}
        self.written: set[Path] = set()
        self.tell: Callable[[dict[str, str]], None] = lambda names: None
        """Is given all files by name when there is a new one, before the first byte of it is read."""

    def sees(self, path: Path) -> bool:
        """Whether a file counts."""
        own = next((root for root in roots()[1:] if path.is_relative_to(root)), None)
        if is_code(path.relative_to(own) if own else path) or path in self.written:
            return False
        if own is None and path.is_relative_to(SHIPPED):
            return False
        made = any(part.startswith("torchinductor") for part in path.parts)  # by a compiler, in a temporary folder
        return path.is_file() and not made and not any(path.is_relative_to(place) for place in self.passed)

    def note(self, path: Path, flags: int) -> None:
        """A file is about to be opened."""
        if path.suffix in CODE:
            return
        path = path.resolve()
        if path in self.files:
            return
        if flags & os.O_ACCMODE != os.O_RDONLY:
            self.written.add(path)  # the run's own, whatever is read of it later
        elif self.sees(path):
            self.files[path] = file_digest(path)
            self.tell(self.names())

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Look; one watch at a time."""
        if not _hook["added"]:
            sys.addaudithook(_open)
            _hook["added"] = True
        _hook["watch"], before = self, _hook["watch"]
        try:
            yield
        finally:
            _hook["watch"] = before

    def names(self) -> dict[str, str]:
        """The digests by the names that a record gives them."""
        return {called(path): sha256 for path, sha256 in sorted(self.files.items())}


_hook: dict[str, Any] = {"added": False, "watch": None}
_busy = threading.local()
_at_import: dict[Path, dict[Path, str]] = {}
"""What the import of a model's file read, by the path of that file: a process imports it once."""


def _open(event: str, given: tuple[Any, ...]) -> None:
    """The audit hook: nothing that goes wrong in here may stop who opens a file."""
    watch: Watch | None = _hook["watch"]
    if event != "open" or watch is None or getattr(_busy, "inside", False) or not isinstance(given[0], str | bytes):
        return
    _busy.inside = True
    try:
        watch.note(Path(os.fsdecode(given[0])), given[2])
    except Exception:
        pass
    finally:
        _busy.inside = False


def watching(model: Entry, encoder: str, *passed: Path) -> Watch | None:
    """A watch over a model of the user's, which has seen what the import of its file reads; ``None`` where model and
    encoder ship: what those load is known."""
    if all(entry.root == SHIPPED for entry in (model, *encoder_entry(encoder))):
        return None
    watch = Watch(*passed)
    if model.path not in _at_import:
        with watch.on(), contextlib.suppress(Exception):  # what hinders the import is met again, and told then
            load(model)
        _at_import[model.path] = dict(watch.files)
    watch.files |= _at_import[model.path]
    return watch
