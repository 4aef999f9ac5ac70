"""``harness claims [POST[/ID]]``: published claims against the records, locked, logged and written on a page."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.files import write_atomically
from harness.ledger import gone, history, lock, log, page, sweep, words
from harness.ledger.leaves import Leaf
from harness.ledger.outcomes import Outcome, outcomes
from harness.ledger.shelf import Filed, filed
from harness.progress import say
from harness.report.tables import emit, table

Parser = Callable[[str, Path], Sequence[history.Dated]]
LEGEND = (
    "Brackets are 95 % intervals; a - b is the first side minus the second. "
    "*(exploratory)*: the records are older than the lock of the claim."
)


def run(arguments: argparse.Namespace) -> int:
    """Print verdicts; with ``--lock``, ``--write`` or ``--check`` tend the files. Exit 1 where a check fails."""
    asked = filed(arguments.claim)
    if arguments.lock:
        lock_all(asked)
        return 0
    whole = filed()
    if not whole:
        raise UsageError("there are no claims. A file of claims/ holds them: docs/claims.md.")
    if not arguments.output_dir.is_dir():
        raise UsageError(
            f"{arguments.output_dir} is no results folder. Give the one with the records by --output-dir, or make records "
            "with `harness run`."
        )
    if arguments.check or arguments.write or arguments.sweep:
        if arguments.claim:
            raise UsageError(f"--check, --write and --sweep are for all claims: leave {arguments.claim} out.")
        return tend(arguments, outcomes(whole, arguments.output_dir))
    found = outcomes(whole, arguments.output_dir, [one.name for one in asked])
    if arguments.json:
        emit([one.as_json() for one in found])
    elif arguments.claim and "/" in arguments.claim:
        print("\n\n".join(map(told, found)))
    else:
        rows = [
            {"claim": one.filed.name, "verdict": page.verdict(one), "here": one.here} for one in page.ordered(found)
        ]
        print(f"{counted(found)}. `harness claims POST/ID` says why.\n\n{table(rows)}\n\n{LEGEND}")
    return 0


def lock_all(claims: Sequence[Filed]) -> None:
    """Append what is new or was edited to the locks beside the cards."""
    now = lock.moment()
    for path in dict.fromkeys(map(lock.lock_file, claims)):
        entries = lock.read(path)
        made = lock.extended(entries, [one for one in claims if lock.lock_file(one) == path], now)
        if len(made) > len(entries):
            lock.write(path, made)
        say(f"{path}: {len(made) - len(entries)} claims locked, {len(entries)} entries stood before")


def tend(arguments: argparse.Namespace, found: Sequence[Outcome]) -> int:
    """Check or write the page, the log and the sweep."""
    root: Path = arguments.output_dir
    problems = unlike(found, root) if arguments.check else []
    if arguments.write:
        problems += write(found, root)
    if arguments.sweep:
        made = sweep.render(sweep.wanted(found, root))
        if not arguments.check:
            write_atomically(arguments.sweep, made, "--sweep")
            say(f"written: {arguments.sweep}")
        elif held(arguments.sweep) != made:
            problems.append(
                f"{arguments.sweep} is not what cards and records give: harness claims --sweep {arguments.sweep}"
            )
    if arguments.json:
        emit({"problems": problems, "claims": [one.as_json() for one in found]})
    for problem in problems:
        say(problem)
    say(f"{counted(found)}." if not problems else f"{len(problems)} things do not hold. {counted(found)}.")
    return int(bool(problems))


def of_folder(folder: Path, check: bool) -> int:
    """Renew or check the page of claims of a results folder that has one, beside its boards."""
    if not (folder / page.NAME).is_file():
        return 0
    found = outcomes(filed(), folder)
    problems = unlike(found, folder) if check else write(found, folder)
    for problem in problems:
        say(problem)
    return int(bool(problems))


def write(found: Sequence[Outcome], root: Path) -> list[str]:
    """Renew the page and add to the log what may be added; what may not is returned."""
    lines = log.read(root / log.NAME)
    changes = log.changes(found, lines)
    allowed = [change.line for change in changes if not change.refused]
    if allowed:
        write_atomically(root / log.NAME, log.text([*lines, *allowed]))
    missing = without_card(found, root)
    write_atomically(root / page.NAME, page.render(found, missing))
    say(f"written: {root / page.NAME}; {len(allowed)} lines added to {root / log.NAME}")
    return [change.told for change in changes if change.refused] + [one.told for one in missing]


def without_card(found: Sequence[Outcome], root: Path) -> list[gone.Gone]:
    """The claims that locks or the log name and that have no card."""
    claims = [one.filed for one in found]
    return gone.gone(claims, lock.lock_files(claims), root)


def unlike(found: Sequence[Outcome], root: Path) -> list[str]:
    """What is not as cards and records give it: locks, the log, the page."""
    problems = [
        f"{one.filed.name} is {one.lock.state}: `harness claims --lock` locks it"
        for one in found
        if one.lock.state != lock.LOCKED
    ]
    problems += rewritten({lock.lock_file(one.filed) for one in found}, root / log.NAME)
    missing = without_card(found, root)
    problems += [one.told for one in missing]
    changes = log.changes(found, log.read(root / log.NAME))
    problems += [change.told for change in changes]
    if held(root / page.NAME) != page.render(found, missing):
        problems.append(f"{root / page.NAME} is not what cards and records give")
    return [*problems, "`harness claims --write` renews page and log"] if changes or problems else []


def rewritten(locks: set[Path], verdicts: Path) -> list[str]:
    """Where locks and log are no continuation of their history, or dated otherwise than it; what has none is said."""
    parsers: dict[Path, Parser] = {**dict.fromkeys(sorted(locks), lock.parse), verdicts: log.parse}
    wrong = []
    for path, parse in parsers.items():
        past = history.read(path, parse)
        if past.open:
            say(f"not checkable: history of {path} ({past.open})")
        entries = parse(path.read_text(encoding="utf-8"), path) if path.is_file() else []
        wrong += [f"{path}: {fault}" for fault in history.faults(entries, past)]
    return wrong


def held(path: Path) -> str | None:
    """The text of a file; ``None`` where there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def counted(found: Sequence[Outcome]) -> str:
    """How many claims have each verdict.

    >>> counted([])
    '0 claims: 0 supported, 0 refuted, 0 undecided, 0 void'
    """
    counts = ", ".join(f"{size} {verdict}" for verdict, size in page.counts(found).items())
    return f"{len(found)} claims: {counts}"


def p_cell(leaf: Leaf, p: float) -> str:
    """A p as a cell: a dash for what is not judged, and in words where no chance is left."""
    if leaf.measured.none:
        return "–"
    return "exact" if leaf.measured.exact else f"{p:.2g}"


def told(one: Outcome) -> str:
    """A claim in full."""
    claim = one.filed.claim
    facts = {
        "source": f"{claim.source}, {claim.section}",
        "published": claim.published,
        "verdict": f"{page.verdict(one)}: {one.reason}",
        "here": one.here,
        "scope": claim.scope,
        "needs": f"{claim.seeds} paired {'seed' if claim.seeds == 1 else 'seeds'} and {claim.items} groups of items: planned power (as stated on the card) {claim.power:g} ({claim.assumes})",
        "smallest effect": words.smallest(claim, one.node),
        "lock": " ".join(filter(None, (one.lock.state, one.lock.date))),
        "card": str(one.filed.path),
    }
    width = max(map(len, facts)) + 1
    lines = [
        f"claim {one.filed.name}",
        "",
        claim.says,
        "",
        *(f"{name + ':':<{width}} {text}" for name, text in facts.items()),
    ]
    conditions = [
        {
            "condition": words.condition(leaf.condition),
            "here": words.here(leaf),
            "p supported": p_cell(leaf, leaf.supports),
            "p refuted": p_cell(leaf, leaf.refutes),
            "seeds": leaf.measured.seeds or "–",
            "groups": leaf.measured.groups or "–",
            "not judged": leaf.measured.none,
        }
        for leaf in one.node.leaves
    ]
    deviations = [f"deviation of {date}: {text}" for date, text in claim.deviations]
    records = [f"record: {path}" for path in one.records]
    return "\n".join([*lines, "", table(conditions), *([""] if deviations or records else []), *deviations, *records])
