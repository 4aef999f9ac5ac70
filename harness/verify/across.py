"""Fifth rung: what the records of a folder say of each other, above all whether one is a copy.

Predictions are copied where two seeds, models or runs answer all items in the very same way although at least one of
them drew at random; times are copied where they are another run's to the millisecond, and a machine is not the one that
is named where the same training took many times as long, or as little, as on others of its class. Not copies are models that draw nothing, a run that was made again with the same model and seed,
answers that are the same for every item, and two trainings with the same losses in unlike times: a setting that changed
nothing, such as flooding below a level that the loss never reached.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

from harness.files import digest
from harness.verify.finding import ACROSS, OPEN, PASS, Finding, verdict
from harness.verify.seen import Answers, Seen

APART = 8.0
"""Times of one training on machines of one name differ by less, even when others use them too."""


def check(records: Iterable[Seen]) -> dict[str, list[Finding]]:
    """Run -> what is found of it among all records."""
    seen = list(records)
    found: dict[str, list[Finding]] = {one.run: [_spread(one)] for one in seen}
    if len(seen) < 2:
        for one in seen:
            found[one.run].append(Finding(ACROSS, "copies", OPEN, "there is no other record to compare it with"))
    wrong, said = _copies(seen)
    others = _runs(seen)
    gold, machines = _unlike_gold(seen), _unlike_times(seen)
    for one in seen:
        inside = len(one.answers) > 1
        if len(seen) > 1 or inside:
            faults = wrong.get(one.run, []) + others.get(one.run, [])
            words = "; ".join(dict.fromkeys(said.get(one.run, ["no other has its answers or times"])))
            found[one.run].append(verdict(ACROSS, "copies" if len(seen) > 1 else "seeds", faults, words))
        if len(seen) > 1:
            found[one.run].append(
                verdict(ACROSS, "gold", gold.get(one.run, []), "scored on what others were scored on")
            )
            words = "no training took as long as on another machine"
            found[one.run].append(verdict(ACROSS, "hardware", machines.get(one.run, []), words))
    return found


def _spread(one: Seen) -> Finding:
    if one.still:
        return verdict(ACROSS, "spread", [one.still], "")
    return Finding(ACROSS, "spread", PASS, "its seeds differ, or it has one, or draws nothing")


def _copies(seen: list[Seen]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Run -> copied answers, and run -> equal answers that are to be expected, in words."""
    wrong: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    groups: dict[tuple[str, str], list[Answers]] = {}
    for one in seen:
        for answers in one.answers:
            groups.setdefault((one.asked, answers.digest), []).append(answers)
    for group in groups.values():
        for place, first in enumerate(group):
            for second in group[place + 1 :]:
                why = _expected(first, second)
                for own, other in ((first, second), (second, first)):
                    told = f"seed {own.seed} answers as seed {other.seed} of {other.run}"
                    (said if why else wrong).setdefault(own.run, []).append(f"{told}{': ' if why else ''}{why}")
    return wrong, said


def _expected(first: Answers, second: Answers) -> str:
    """Why two equal sets of answers are no copies; empty where they are."""
    if first.uniform:
        return "the same answer to every item"
    if not first.draws and not second.draws:
        return "neither is known to draw"
    if first.run != second.run and (first.model, first.seed) == (second.model, second.seed):
        return "the same model and seed again"
    if first.seed == second.seed and first.training == second.training and first.seconds != second.seconds:
        return (
            "the same network by another name or setting: parameters and every loss are the same, its time is its own"
        )
    return ""


def _runs(seen: list[Seen]) -> dict[str, list[str]]:
    """Records of one run under two names, and records with the very same times."""
    wrong: dict[str, list[str]] = {}
    first: dict[tuple[str, ...], Seen] = {}
    for one in seen:
        places = [("run", one.asked, one.model, one.made)] + [("times", name, sha) for name, sha in one.times.items()]
        for place in places:
            other = first.setdefault(place, one)
            if other is not one:
                what = "is the same run as" if place[0] == "run" else f"has the times of {place[1]} of"
                wrong.setdefault(one.run, []).append(f"it {what} {other.run}")
                wrong.setdefault(other.run, []).append(f"it {what} {one.run}")
    return wrong


def _unlike_gold(seen: list[Seen]) -> dict[str, list[str]]:
    """Records whose counts of gold differ from those of most others on the same data."""
    wrong: dict[str, list[str]] = {}
    values: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for one in seen:
        for name, value in one.gold.items():
            values.setdefault((one.asked, name), []).append((one.run, value))
    for (_, name), held in values.items():
        counted: dict[str, int] = {}
        for _, value in held:
            counted[digest(value)] = counted.get(digest(value), 0) + 1
        usual = max(counted, key=lambda sha: counted[sha])
        for run, value in held:
            if digest(value) != usual:
                wrong.setdefault(run, []).append(f"{name} is not what it is in other records of the same data")
    return wrong


def _unlike_times(seen: list[Seen]) -> dict[str, list[str]]:
    """Records of one training on machines of one name whose times are apart by more than noise."""
    wrong: dict[str, list[str]] = {}
    groups: dict[tuple[str, str], list[Seen]] = {}
    for one in seen:
        if one.trained:
            groups.setdefault((one.trained, one.machine), []).append(one)
    for group in groups.values():
        usual = statistics.median(one.seconds for one in group)
        if max(one.seconds for one in group) <= APART * min(one.seconds for one in group):
            continue
        for one in group:
            if len(group) == 2 or max(one.seconds, usual) > APART * min(one.seconds, usual):
                words = f"a seed took {one.seconds:.1f} s on {one.machine}, {usual:.1f} s is usual there"
                wrong.setdefault(one.run, []).append(words)
    return wrong
