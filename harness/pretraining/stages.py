"""From documents to a published encoder, in stages. Each stage leaves a file; a killed run continues after the last.

A work folder holds

* ``stages.json``: the SHA-256 of every file that a later stage reads again;
* ``recipe.json``: every setting, and the digest of the corpus as it was given;
* ``audit.json``: sources, licences, shares, and what the audit took out;
* ``corpus.jsonl.gz``: the documents that are left, held-out ones marked;
* ``vocab.txt``, ``tokens-learned.npz``, ``tokens-held.npz``;
* ``log.jsonl``, ``state.json``, ``checkpoint-<step>.safetensors`` while it trains;
* ``model/``: config, weights, tokenizer and the model card, ready to be loaded.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import DataError, UsageError
from harness.files import canonical, digest, file_digest, read_checked, replacing, write_atomically, write_checked
from harness.machine import checkpoints, hardware
from harness.pretraining import card, corpus, evaluation, instances, leaks, network, training, vocabulary
from harness.pretraining.corpus import Document
from harness.pretraining.kept import NAME, kept
from harness.pretraining.passages import held_out, passages
from harness.pretraining.recipe import Recipe
from harness.progress import say
from harness.records.store import RunFolder

MOST_ENTRIES = 1 << 16
"""Tokens are stored as numbers of 16 bits."""


@dataclass(frozen=True)
class Prepared:
    """The corpus when audit and split are done."""

    learned: list[Document]
    held: list[Document]
    audit: dict[str, Any]


def pretrain(
    places: Iterable[Path],
    folder: Path,
    recipe: Recipe,
    name: str,
    licences: Mapping[str, str] | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Carry out every stage that is not done yet; answers what the model card says, as values.

    Raises ``UsageError`` when the folder belongs to another recipe or corpus, ``DataError`` for malformed documents.
    """
    with RunFolder(folder).lock("give another --output"):
        return _stages(prepare(places, folder, recipe, name, licences), folder, recipe, name, device)


def _stages(prepared: Prepared, folder: Path, recipe: Recipe, name: str, device: str) -> dict[str, Any]:
    entries = lines(folder / "vocab.txt", lambda: vocabulary.learn(_texts(prepared.learned), recipe))
    if len(entries) > MOST_ENTRIES:
        raise UsageError(f"the vocabulary has {len(entries):,} entries, more than {MOST_ENTRIES:,}. Raise least.")
    tokenizer = vocabulary.tokenizer(entries, recipe.tokens)
    learned = tokens(folder / "tokens-learned.npz", prepared.learned, tokenizer)
    held = tokens(folder / "tokens-held.npz", prepared.held, tokenizer)
    say(f"{len(entries):,} entries, {len(learned.ids):,} tokens to learn from, {len(held.ids):,} held out")
    special = (tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id)
    where = hardware.resolve_device(device)
    model, state = training.train(learned, recipe, special, len(entries), folder, where)
    found = evaluation.held_out(model, learned, held, recipe, special, len(entries), where)
    weights = folder / "model"
    network.export(model, tokenizer, weights)
    shape = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "words": len(entries),
        "bytes": (weights / "model.safetensors").stat().st_size,
        "sha256": file_digest(weights / "model.safetensors"),
    }
    left = leaks.strip([*prepared.learned, *prepared.held], leaks.Fingerprints(passages()[0]))[1].total()
    audit = {**prepared.audit, "sentences_left": left}
    made = card.facts(name, recipe, audit, found, state, shape, hardware.environment(where))
    card.write(made, folder / "log.jsonl", weights)
    return made


def claim(folder: Path, recipe: Recipe, name: str, documents: Sequence[Document]) -> None:
    """Write the recipe into a new folder, or check that a folder has the same: no run resumes with other settings."""
    asked_recipe = asdict(recipe)
    asked = {"name": name, "recipe": asked_recipe, "corpus": digest([asdict(document) for document in documents])}
    path = folder / "recipe.json"
    if not path.exists():
        if (folder / NAME).exists() or (folder / checkpoints.STATE).exists():
            raise DataError(f"{path} is missing: it says what {folder} was made of. Restore it, or remove the folder.")
        write_checked(path, asked, "--output")
        return
    try:
        held = read_checked(path)
        unlike = [part for part, value in asked_recipe.items() if held["recipe"].get(part) != value]
        unlike += ["corpus"] if held["corpus"] != asked["corpus"] else []
    except (DataError, OSError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read ({error}). Give another --output, or remove {folder}.") from error
    if unlike:
        raise UsageError(
            f"{folder} holds a run that differs in {', '.join(unlike)}. "
            "Give another --output, or the same settings and corpus."
        )


def prepare(
    places: Iterable[Path], folder: Path, recipe: Recipe, name: str, licences: Mapping[str, str] | None = None
) -> Prepared:
    """Read, limit, audit, split; or read what an earlier call left."""
    left_out: Counter[str] = Counter()
    documents = corpus.read(places, licences, held_out(), left_out)
    claim(folder, recipe, name, documents)

    @functools.cache
    def made() -> Prepared:
        searched, absent = passages()
        fingerprints = leaks.Fingerprints(searched)
        left, removed = leaks.strip(corpus.limit(documents, recipe.source_limit), fingerprints)
        learned, held = corpus.hold_out(left, recipe.held_out)
        return Prepared(learned, held, audited(learned, held, removed, fingerprints.counted, absent, left_out))

    path = kept(folder / "corpus.jsonl.gz", lambda path: _write_corpus(path, made()))
    audit = kept(folder / "audit.json", lambda path: write_atomically(path, canonical(made().audit), "--output"))
    parts: tuple[list[Document], list[Document]] = ([], [])
    for line in gzip.decompress(path.read_bytes()).splitlines():
        row = json.loads(line)
        parts[row["held_out"]].append(Document(row["id"], row["source"], row["licence"], tuple(row["sentences"])))
    return Prepared(*parts, json.loads(audit.read_text(encoding="utf-8")))


def _write_corpus(path: Path, made: Prepared) -> None:
    rows = [
        {**asdict(document), "held_out": held}
        for held, part in enumerate((made.learned, made.held))
        for document in part
    ]
    text = "".join(canonical(row) + "\n" for row in rows)
    write_atomically(path, gzip.compress(text.encode(), 6, mtime=0), "--output")


def audited(
    learned: Sequence[Document],
    held: Sequence[Document],
    removed: Counter[str],
    searched: Counter[str],
    absent: Sequence[str],
    left_out: Counter[str],
) -> dict[str, Any]:
    """What the audit says: texts looked for, sentences taken out, books left out, sources with their shares."""
    characters: Counter[str] = Counter()
    for document in learned:
        characters[document.source] += document.characters
    documents = Counter(document.source for document in learned)
    licences = {document.source: document.licence for document in learned}
    return {
        "searched": dict(sorted(searched.items())),
        "not_at_hand": list(absent),
        "sentences_removed": dict(sorted(removed.items())),
        "books_left_out": dict(sorted(left_out.items())),
        "documents": len(learned),
        "held_out_documents": len(held),
        "characters": characters.total(),
        "sources": {
            source: {
                "licence": licences[source],
                "documents": documents[source],
                "characters": characters[source],
                "share": round(characters[source] / characters.total(), 4),
            }
            for source in sorted(characters)
        },
    }


def lines(path: Path, make: Any) -> list[str]:
    """The lines of a file, made first where it is not there."""
    kept(path, lambda path: write_atomically(path, "".join(f"{line}\n" for line in make()), "--output"))
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def tokens(path: Path, documents: Sequence[Document], tokenizer: Any) -> instances.Tokens:
    """The documents as numbers, kept in a file."""

    def write(path: Path) -> None:
        made = instances.tokenize(documents, tokenizer)
        with replacing(path, "--output") as stream:
            np.savez(stream, **{name: getattr(made, name) for name in instances.Tokens.__slots__})

    kept(path, write)
    with np.load(path, allow_pickle=False) as stored:
        return instances.Tokens(**{name: stored[name] for name in instances.Tokens.__slots__})


def _texts(documents: Iterable[Document]) -> Iterable[str]:
    return (sentence for document in documents for sentence in document.sentences)
