"""``CLAIMS.md``: how many claims have which verdict, then one line a claim, those that are decided first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from harness.files import digest
from harness.ledger.gone import Gone
from harness.ledger.judging import VERDICTS, VOID
from harness.ledger.outcomes import Outcome
from harness.report.cells import plain
from harness.report.tables import cell, table
from harness.statistics.verdicts import REFUTED, SUPPORTED, UNDECIDED

NAME = "CLAIMS.md"
MARK = "<!-- harness claims"
MOST_LINKS = 2
WIDE, NARROW = 160, 100
"""Code points of a cell: of what is claimed and why it has its verdict, and of other texts."""
EXPLORATORY = "*(exploratory)*"
LEGEND = (
    "*Supported*: the whole interval lies on the claimed side of the margin; *refuted*: on the other side; *undecided*: "
    "neither, or there are too few seeds or no records; *void*: a card was edited after it was locked, or a record does not "
    "hold together. Intervals are of 95 %, over groups of items and over seeds; verdicts are corrected by Holm's method over "
    "all claims of a source. *(exploratory)*: a record is older than the lock of the claim. Differences of proportions are in "
    "points (percentage points). Texts are cut here; `harness claims POST/ID` has them in full, with every condition and its p."
)
COLUMNS = ("claim", "says", "published", "here", "verdict", "why", "seeds", "scope", "records")


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many claims have each verdict."""
    return {verdict: sum(one.verdict == verdict for one in outcomes) for verdict in VERDICTS}


def head(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The first line of the page: how many claims there are, with which verdicts, how many of them exploratory."""
    early = {verdict: sum(one.exploratory for one in outcomes if one.verdict == verdict) for verdict in VERDICTS}
    told = {
        verdict: f"{size} ({early[verdict]} *exploratory*)" if early[verdict] else size
        for verdict, size in counts(outcomes).items()
    }
    return {"claims": len(outcomes), **told}


def render(outcomes: Sequence[Outcome], missing: Sequence[Gone] = ()) -> str:
    """The page; ``missing`` are the claims that were locked or judged and have no card."""
    parts = [
        f"{MARK}: made from cards and records with digest {fingerprint(outcomes)}; edits are lost -->",
        "# Claims",
        "What posts and papers claim, against the records of this folder.",
        table([head(outcomes)]),
        LEGEND,
    ]
    for title, which in (("Decided", (SUPPORTED, REFUTED)), ("Undecided", (UNDECIDED,)), ("Void", (VOID,))):
        own = [one for verdict in which for one in outcomes if one.verdict == verdict]
        if own:
            parts += [f"## {title}", lines([row(one) for one in own], COLUMNS)]
    if missing:
        rows = [
            {"claim": f"`{one.claim}`", "last verdict": one.verdict or "–", "locked": one.locked[:10] or "–"}
            for one in missing
        ]
        parts += ["## Missing", "Claims that were locked or judged and have no card any more.", table(rows)]
    parts.append(
        "---\nMade by `harness claims --write`; `harness claims --check` tells whether it still is what cards and records give. "
        "Every change of a verdict stands in `VERDICTS.jsonl`."
    )
    return "\n\n".join(parts).encode("utf-8", "backslashreplace").decode() + "\n"


def ordered(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Decided claims first, then undecided and void ones."""
    return [one for verdict in VERDICTS for one in outcomes if one.verdict == verdict]


def row(one: Outcome) -> dict[str, str]:
    """The line of a claim."""
    claim = one.filed.claim
    return {
        "claim": f"`{one.filed.name}`",
        "says": clipped(plain(claim.says), WIDE),
        "published": clipped(plain(claim.published), NARROW),
        "here": plain(one.here),
        "verdict": verdict(one),
        "why": clipped(plain(one.reason), WIDE),
        "seeds": str(one.seeds or "–") if one.records else "",
        "scope": clipped(plain(claim.scope), NARROW),
        "records": links(one.records),
    }


def verdict(one: Outcome) -> str:
    """The verdict, and that it is exploratory."""
    return f"{one.verdict} {EXPLORATORY}" if one.exploratory else one.verdict


def clipped(text: str, most: int) -> str:
    """A text as far as a cell holds it, in whole words.

    >>> clipped("short", 100), clipped("one two three", 10)
    ('short', 'one two …')
    """
    return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0]} …"


def lines(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """A table without the blanks that would make its columns equally wide: cells of text are long.

    >>> print(lines([{"a": 1, "b": "x|y"}], ("a", "b")))
    | a | b |
    |:--|:--|
    | 1 | x\\|y |
    """
    cells = [list(columns), *([cell(row[name]) for name in columns] for row in rows)]
    made = [f"| {' | '.join(texts)} |" for texts in cells]
    return "\n".join([made[0], "|" + ":--|" * len(columns), *made[1:]])


def links(records: Sequence[str]) -> str:
    """Links to the first records, and how many more there are."""
    shown = [f"[{number}]({quote(path)}/result.json)" for number, path in enumerate(records[:MOST_LINKS], 1)]
    more = f" and {len(records) - MOST_LINKS} more" if len(records) > MOST_LINKS else ""
    return " ".join(shown) + more


def fingerprint(outcomes: Iterable[Outcome]) -> str:
    """Twelve digits of the cards and of the records that were used."""
    return digest([(one.filed.name, one.filed.claim.sha256, list(one.records)) for one in outcomes])[:12]
