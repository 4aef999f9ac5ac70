"""Which timings belong together: every benchmark on both sides, on one machine, at the same work; or an error.

A slow benchmark could be hidden by removing it, and is lost by accident when it is renamed: so both sides must have the
same names, or the command must list what may differ. All mismatches are reported at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.errors import DataError, UsageError
from harness.gate.blocks import blocks
from harness.gate.judging import Pair
from harness.gate.reading import PYTEST, Measured, Timing

SIDES = ("baseline", "candidate")
Timings = dict[str, list[Timing]]
"""Name -> the timings of one side, in the order of its files."""


@dataclass(frozen=True)
class Allowed:
    """What the command lists as no error."""

    missing: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    other_machine: bool = False
    seconds: bool = False  # gate on seconds where there is no reference kernel
    only: tuple[str, ...] = ()  # judge only names that contain one of these


def pairs(
    baseline: Sequence[Measured], candidate: Sequence[Measured], allowed: Allowed | None = None
) -> tuple[list[Pair], list[str]]:
    """The benchmarks that both sides have, in the order of the baseline, and notes for the reader.

    Raises ``DataError`` that lists everything that does not fit.
    """
    allowed = allowed or Allowed()
    check_files(baseline, candidate, allowed)
    sides = collect(baseline, allowed), collect(candidate, allowed)
    if not sides[0] and not sides[1]:
        raise UsageError(unmatched(baseline, allowed))
    notes = [*differing(baseline, candidate), *stale(sides, allowed)]
    partial = {**incomplete(baseline, allowed), **incomplete(candidate, allowed)}
    listed = allowed.missing | allowed.extra
    problems = [*(told for name, told in partial.items() if name not in listed), *names(sides, allowed)]
    made: list[Pair] = []
    for name in (name for name in sides[0] if name in sides[1] and name not in partial):
        one, two = sides[0][name], sides[1][name]
        wrong = [*other_work(name, one, two), *no_reference(name, one, two, baseline[0].form, allowed)]
        problems += wrong
        if not wrong:
            made.append(blocks(name, one, two, baseline[0].form))
    if problems:
        many = f"{len(problems)} things do not fit" if len(problems) > 1 else "the two sides do not fit"
        raise DataError(many + ":\n" + "\n".join(f"  - {problem}" for problem in problems))
    if not made:
        raise DataError("nothing is left to judge: every benchmark is listed as missing or extra.")
    if len(baseline) == len(candidate) == 1 and baseline[0].form == PYTEST:
        notes.append(
            "one file is one process a side: the effect of its memory layout, often 1 to 3 %, "
            "is in the ratio and not in the interval. Several files a side, timed in turn, include it."
        )
    elif any(not item.paired for item in made):
        notes.append("some blocks were not timed in turn: what changed on the machine in between is in their ratios.")
    return made, notes


def check_files(baseline: Sequence[Measured], candidate: Sequence[Measured], allowed: Allowed) -> None:
    """Stop where files cannot be held against each other at all."""
    both = [*baseline, *candidate]
    if len({item.form for item in both}) > 1:
        other = next(item for item in both if item.form != both[0].form)
        raise DataError(f"{both[0].path} is a {both[0].form}, {other.path} a {other.form}: give files of one kind.")
    seen: dict[str, Measured] = {}
    for item in both:
        if item.digest in seen:
            raise DataError(
                f"{item.path} and {seen[item.digest].path} hold the same times: give each measurement once."
            )
        seen[item.digest] = item
    machines: dict[str, Measured] = {}
    for item in both:
        machines.setdefault(item.machine, item)
    if len(machines) > 1 and not allowed.other_machine:
        told = "; ".join(f"{item.path}: {machine}" for machine, item in machines.items())
        raise DataError(
            f"times of different machines do not compare ({told}). "
            "Measure both sides on one, or give --allow-other-machine."
        )


def collect(side: Sequence[Measured], allowed: Allowed) -> Timings:
    """The timings of one side that are to be judged."""
    found: Timings = {}
    for item in side:
        for name, timing in item.timings.items():
            if not allowed.only or any(part in name for part in allowed.only):
                found.setdefault(name, []).append(timing)
    return found


def unmatched(side: Sequence[Measured], allowed: Allowed) -> str:
    """Why nothing is left."""
    known = [name for item in side for name in item.timings]
    if not known:
        return f"{side[0].path} holds no benchmark, nor do the other files."
    near = nearest(allowed.only[0], known)
    return f"no benchmark has {' or '.join(map(repr, allowed.only))} in its name. There is, for example, {near}."


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name that is most like another."""
    return difflib.get_close_matches(name, known, n=1, cutoff=0)[0]


# ------------------------------------------------------------ what does not fit


def incomplete(side: Sequence[Measured], allowed: Allowed) -> dict[str, str]:
    """Benchmarks of pytest-benchmark that some file of their side lacks, with a message that names the file."""
    found = {}
    for name in collect(side, allowed) if side[0].form == PYTEST else ():
        without = [str(item.path) for item in side if name not in item.timings]
        if without:
            more = f" and {len(without) - 1} more" if len(without) > 1 else ""
            found[name] = f"{name} is in some files of its side and not in {without[0]}{more}: did it fail there?"
    return found


def names(sides: tuple[Timings, Timings], allowed: Allowed) -> list[str]:
    """Benchmarks of one side alone that nobody listed, the likely renames first."""
    missing = [name for name in sides[0] if name not in sides[1] and name not in allowed.missing]
    extra = [name for name in sides[1] if name not in sides[0] and name not in allowed.extra]
    problems = []
    for name in list(missing):
        near = difflib.get_close_matches(name, extra, n=1, cutoff=0.6)
        if near:
            missing.remove(name)
            extra.remove(near[0])
            problems.append(
                f"renamed? the baseline has {name}, the candidate has {near[0]}. "
                f"If it is meant: --allow-missing '{name}' --allow-extra '{near[0]}'"
            )
    problems += [f"missing from the candidate: {name}. If it is meant: --allow-missing '{name}'" for name in missing]
    problems += [f"not in the baseline: {name}. If it is meant: --allow-extra '{name}'" for name in extra]
    return problems


def other_work(name: str, one: Sequence[Timing], two: Sequence[Timing]) -> list[str]:
    """What is not the same about the work that was timed."""
    first = one[0].conditions
    for timing in (*one, *two):
        for part in sorted({*first, *timing.conditions}):
            if first.get(part) != timing.conditions.get(part):
                return [
                    f"{name} is other work: {part} is {short(first, part)} against {short(timing.conditions, part)}"
                ]
    return []


def short(conditions: Mapping[str, str], part: str) -> str:
    """A condition as text; of a digest the beginning."""
    text = conditions.get(part, "nothing")
    return f"{text[:12]}…" if len(text) == 64 else text


def no_reference(name: str, one: Sequence[Timing], two: Sequence[Timing], kind: str, allowed: Allowed) -> list[str]:
    """Why seconds are not gated: those of a shared CPU say more about its other tenants than about the code."""
    have = [[timing.reference is not None for timing in side] for side in (one, two)]
    if kind != PYTEST or all(map(all, have)) or (allowed.seconds and not any(map(any, have))):
        return []
    if any(map(any, have)):
        lacking = SIDES[0] if not all(have[0]) else SIDES[1]
        return [
            f"{name} was timed beside the reference kernel, but not in all files of the {lacking}: measure it again"
        ]
    return [
        f"{name} has no reference_seconds: seconds alone also measure how busy the machine was. "
        "Time it with the fixture against_reference, or give --seconds"
    ]


# ------------------------------------------------------------ notes


def differing(baseline: Sequence[Measured], candidate: Sequence[Measured]) -> list[str]:
    """What is not an error and should be known: other packages, or the same code on both sides."""
    one, two = baseline[0], candidate[0]
    parts = sorted({*one.software, *two.software})
    changed = [
        f"{part} {one.software.get(part, 'absent')} against {two.software.get(part, 'absent')}"
        for part in parts
        if one.software.get(part) != two.software.get(part)
    ]
    notes = [f"not only the code differs: {', '.join(changed)}."] if changed else []
    if one.machine != two.machine:
        notes.append(
            f"two machines: {one.machine} against {two.machine}. The ratios are of machines as well as of code."
        )
    if one.source and one.source == two.source:
        notes.append("both sides were timed from the same source: nothing but noise can differ.")
    return notes


def stale(sides: tuple[Timings, Timings], allowed: Allowed) -> list[str]:
    """Names on the lists that are neither missing nor extra any more."""
    missing = sorted(name for name in allowed.missing if name in sides[1] or name not in sides[0])
    extra = sorted(name for name in allowed.extra if name in sides[0] or name not in sides[1])
    return [
        f"--allow-{what} {name} is not needed: {reason}."
        for what, listed, here in (("missing", missing, 1), ("extra", extra, 0))
        for name in listed
        for reason in [f"the {SIDES[here]} has it" if name in sides[here] else "neither side has it"]
    ]
