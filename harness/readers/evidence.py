"""What a file says about its own offsets: whether ends are inclusive, and what offsets count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import DataError, UsageError
from harness.readers.form import Option
from harness.readers.marks import Mark
from harness.readers.script import unspaced
from harness.readers.spots import ENDS, SAID, WAYS, alike, place

Way = tuple[str, str]

COUNTING_CHARACTERS = ("doccano", "spaCy")
"""Tools whose offsets count characters."""
SAID_UNITS = {"characters": "characters", "utf16": "UTF-16 units (two for an emoji)"}


@dataclass
class Apart:
    """Counts over the entities that stand elsewhere in UTF-16 units than in characters: behind an emoji or the like."""

    total: int = 0
    spaced: int = 0  # those in texts with spaces between words
    inside: Counter[Way] = field(default_factory=Counter)  # those that lie inside their text, read one way or another
    bordered: Counter[Way] = field(default_factory=Counter)  # those of the spaced ones that begin and end with a word
    first: str = ""  # the words that show the first one

    def add(self, text: str, spots: Mapping[Way, tuple[int, int] | None], spaced: bool, where: str) -> None:
        """Count one entity of a text, if it stands apart; ``spots`` are its code points by every way of reading."""
        if all(spots[ends, "characters"] == spots[ends, "utf16"] for ends in ENDS):
            return
        self.total += 1
        self.spaced += spaced
        self.inside.update(way for way, spot in spots.items() if spot)
        self.bordered.update(way for way, spot in spots.items() if spot and spaced and whole_words(text, *spot))
        if not self.first:
            words = [repr(text[slice(*spot)]) if spot else "nothing" for spot in (spots[WAYS[0]], spots[WAYS[2]])]
            self.first = f"{where} is {words[0]} in characters, {words[1]} in UTF-16 units"

    def units(self, path: str | Path, open_ways: list[Way], custom: str, notes: list[str]) -> str:
        """What offsets count: by what lies inside the texts, by the borders of words, by custom.

        Raises ``UsageError`` where the file cannot tell, for every answer would be a guess.
        """
        if not self.total:
            return "characters"
        inside, words = (
            {
                unit: max(counts[way] for way in open_ways if way[1] == unit)
                for unit in ("characters", "utf16")
                if any(way[1] == unit for way in open_ways)
            }
            for counts in (self.inside, self.bordered)
        )
        best, other = sorted(inside, key=lambda unit: (inside[unit], words[unit]), reverse=True)
        if inside[best] > inside[other]:
            why = f"read so, {inside[best]} of {self.total} entities behind an emoji or the like lie inside their text"
        elif self.spaced and words[best] > 0.9 * self.spaced and words[other] < 0.5 * self.spaced:
            why = f"read so, {words[best]} of {self.spaced} entities behind an emoji or the like end with a word"
        elif custom in COUNTING_CHARACTERS:
            best, why = "characters", f"as {custom} does"
        else:
            raise UsageError(
                f"{path}: the file does not tell whether offsets count characters or UTF-16 units, in which an emoji is two: "
                f"{self.total} entities come without their words in texts that hold one. {self.first}. Say units=characters or "
                "units=utf16."
            )
        notes.append(f"Offsets count {SAID_UNITS[best]}: {why}. units={other} reads them the other way.")
        return best


@dataclass
class Evidence:
    """Counts over the entities of a file, one at a time."""

    total: int = 0
    named: int = 0  # entities with a mention
    spelled: Counter[Way] = field(default_factory=Counter)  # entities whose mention a way of reading spells
    inside: Counter[Way] = field(default_factory=Counter)  # entities that lie inside their text
    bordered: Counter[Way] = field(default_factory=Counter)  # entities that begin and end with a word
    same: int = 0  # entities whose start is their end
    wide: int = 0  # entities of texts in which units differ
    spaced: int = 0  # entities of texts with spaces between words
    apart: Apart = field(default_factory=Apart)  # entities that tell the units
    last: tuple[str, bool] = ("", False)  # the text of the entity before, and whether it has spaces between words
    first: dict[str, str] = field(default_factory=dict)  # what was seen first: a name -> the words that show it

    def add(self, text: str, mark: Mark, where: str) -> None:
        """Count one entity; offsets that are no numbers are left to the reading."""
        start, end = mark.start, mark.end
        if type(start) is not int or type(end) is not int:
            return
        self.total += 1
        self.same += start == end
        self.wide += not alike(text, "utf16")
        if text != self.last[0]:
            self.last = text, not unspaced([text])
        self.spaced += self.last[1]
        mention = mark.mention if isinstance(mark.mention, str) else ""
        self.named += bool(mention)
        found, spots = self._ways(text, start, end, mention)
        if not alike(text, "utf16"):
            self.apart.add(text, spots, self.last[1], f"{where}: {start} to {end}")
        if mention and not found:
            self.first.setdefault("misspelled", f"{where}: {start} to {end} against {mention!r}")
        if start == end:
            self.first.setdefault("same", f"{where}: {start} to {end}")
        if end == len(text):
            self.first.setdefault("last", f"{where}: {start} to {end} of {len(text)} characters")
        if start < end < len(text):
            shown = (
                f"{where}: {start} to {end} is {text[start:end]!r} if exclusive, {text[start : end + 1]!r} if inclusive"
            )
            self.first.setdefault("hint", shown)

    def _ways(self, text: str, start: int, end: int, mention: str) -> tuple[bool, Mapping[Way, tuple[int, int] | None]]:
        """Count each way of reading two offsets; whether one of them spells the mention, and where each leads."""
        found, spots = False, dict[Way, tuple[int, int] | None]()
        for way in WAYS:
            spot = spots[way] = (
                spots[way[0], "characters"]
                if way[1] != "characters" and alike(text, way[1])
                else place(text, start, end, *way)
            )
            if spot is not None:
                self.inside[way] += 1
                self.bordered[way] += whole_words(text, *spot)
                if mention and text[spot[0] : spot[1]] == mention:
                    self.spelled[way] += 1
                    found = True
        return found, spots

    def way(self, path: str | Path, asked: Mapping[str, Option], custom: str, notes: list[str]) -> Way:
        """How offsets are to be read; ``custom`` names a tool that always writes exclusive ends, or nothing.

        Raises ``DataError`` where the mentions contradict every way, ``UsageError`` where the file cannot tell.
        """
        open_ways = [
            way for way in WAYS if asked.get("ends", way[0]) == way[0] and asked.get("units", way[1]) == way[1]
        ]
        if len(open_ways) == 1 or not self.total:
            return open_ways[0]
        if self.named >= 0.5 * self.total:
            best = max(open_ways, key=lambda way: self.spelled[way])
            if self.spelled[best] < 0.9 * self.named:
                raise DataError(
                    f"{path}: {self.named - self.spelled[best]} of {self.named} entities are not spelled by their offsets in any "
                    f"way of reading them. {self.first.get('misspelled', '')}. Were texts changed after they were annotated?"
                )
            if self.wide or best[1] == "utf8":
                notes.append(f"By the mentions, {SAID[best]}.")
            else:
                notes.append(f"By the mentions, ends are {best[0]}.")
            return best
        return self._unnamed(path, asked, open_ways, custom, notes)

    def _unnamed(
        self, path: str | Path, asked: Mapping[str, Option], open_ways: list[Way], custom: str, notes: list[str]
    ) -> Way:
        """The way of offsets without mentions: by what lies inside the texts, by words, by custom."""
        units = str(asked.get("units") or self.apart.units(path, open_ways, custom, notes))
        if "ends" in asked:
            return str(asked["ends"]), units
        exclusive, inclusive = ("exclusive", units), ("inclusive", units)
        words = {way: self.bordered[way] / self.total for way in (exclusive, inclusive)}
        best = max(words, key=lambda way: words[way])
        other = min(words.values())
        clear = (words[best] > 0.99 and other <= 0.8) or (words[best] > 0.9 and other < 0.5 and self.total > 4)
        if self.spaced > 0.9 * self.total and clear:
            notes.append(f"Ends are {best[0]}: read so, {words[best]:.0%} of the entities end with a word.")
            return best
        past = self.inside[exclusive] - self.inside[inclusive]
        if past > 0 and not self.same:
            notes.append(
                f"Ends are exclusive: so many entities end with their text: {past} ({self.first.get('last', '')})."
            )
            return exclusive
        if self.same and past <= 0 and not (custom and self.same < 0.01 * self.total):
            notes.append(
                f"Ends are inclusive: so many entities end where they start: {self.same} ({self.first['same']})."
            )
            return inclusive
        if custom:
            notes.append(f"Ends are exclusive, as {custom} writes them; nothing in the file contradicts or proves it.")
            return exclusive
        clash = f" ({self.first['same']}, but {self.first.get('last', '')})" if self.same and past > 0 else ""
        counted = f"; offsets are read with units={units}, which units= overrules" if self.apart.total else ""
        raise UsageError(
            f"{path}: the file does not tell whether ends are inclusive or exclusive: entities come without their words{clash}. "
            f"{self.first.get('hint', '')}. Say ends=exclusive or ends=inclusive{counted}."
        )


def whole_words(text: str, start: int, end: int) -> bool:
    """Whether a stretch of a text begins and ends with a word or mark.

    >>> whole_words("in New York", 3, 11), whole_words("in New York", 3, 10)
    (True, False)
    """
    if not 0 <= start < end <= len(text) or text[start].isspace() or text[end - 1].isspace():
        return False
    inside = (0 < at < len(text) and _word(text[at - 1]) and _word(text[at]) for at in (start, end))
    return not any(inside)


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"
