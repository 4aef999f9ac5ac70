"""What is implausible about a run: told on stderr as a note, and kept in its record.

Remarks stop nothing. Those on the data come before the first step, those on the course of training and on the scores at
the end. Each is a sentence or two: what was seen, a number, the likely cause, the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness import kinds
from harness.data.scripts import script_remarks
from harness.data.splits import Split
from harness.kinds import Answered, Read, perfect_remarks
from harness.progress import say
from harness.protocols import cuts
from harness.records.record import RunRecord
from harness.spec import Task
from harness.trial.planning import Plan


def tell(record: RunRecord, remarks: Iterable[str]) -> None:
    """Keep remarks in the record, each once, and tell them."""
    for remark in remarks:
        if remark not in record.remarks:
            record.remarks.append(remark)
            say(f"note: {remark}")


def of_data(made: Plan, splits: Mapping[str, Split]) -> Iterator[str]:
    """Remarks on the splits of a run, whose gold answers are sound."""
    card: Task = made.task.card
    examples = {name: split.examples for name, split in splits.items()}
    rows, tokens = cuts.learned(made.protocol, made.model.card, examples.get(card.train_split, ()))
    learns = bool({"Learns", "Fits"} & {*made.model.card.capabilities})
    read = Read(card, examples, made.splits[-1], learns, made.sample, made.request.limit)
    yield from kinds.find(card.kind).cut_remarks(rows, card.train_split, tokens)
    yield from kinds.find(card.kind).data_remarks(read)
    yield from script_remarks(examples)


def cut_off(made: Plan, splits: Mapping[str, Split]) -> dict[str, int]:
    """What training does not see of train because texts are cut, as counts of a record; empty where nothing is cut."""
    card: Task = made.task.card
    train = splits[card.train_split].examples if card.train_split in splits else []
    rows, tokens = cuts.learned(made.protocol, made.model.card, train)
    return kinds.find(card.kind).cut_off(rows, tokens) if tokens is not None else {}


def of_results(
    made: Plan, record: RunRecord, gold: Sequence[Any], outputs: Mapping[int, Sequence[Any]]
) -> Iterator[str]:
    """Remarks on how a run was trained, and on what it answered; of models that others must beat, on a perfect score."""
    yield from rate_remarks(record.training)
    card: Task = made.task.card
    answered = Answered(card, record.results, gold, outputs, bool(record.task["sample"]))
    trivial = record.model["trivial"]
    yield from perfect_remarks(answered) if trivial else kinds.find(card.kind).result_remarks(answered)


def rate_remarks(training: Mapping[str, Any]) -> Iterator[str]:
    """A learning rate that was chosen at the edge of those that were tried.

    >>> print(*rate_remarks({"0": {"learning_rate": 0.003, "trials": {"0.0003": 0.5, "0.001": 0.6, "0.003": 0.7}}}))
    the learning rate 0.003 is the largest of the 3 that were tried, and the best of them: a larger one may do better. ...
    """
    told = set()
    for report in training.values():
        rate, trials = report.get("learning_rate"), report.get("trials") or {}
        tried = sorted(map(float, trials))
        edge = "largest" if tried and rate == tried[-1] else "smallest" if tried and rate == tried[0] else ""
        if len(tried) > 1 and edge and rate not in told:
            told.add(rate)
            yield (
                f"the learning rate {rate:g} is the {edge} of the {len(tried)} that were tried, and the best of them: a "
                f"{edge.replace('est', 'er')} one may do better. The setting `rates` of the protocol says which are tried"
            )
