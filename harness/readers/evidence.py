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
from harness.readers.spots import SAID, WAYS, alike, place

Way = tuple[str, str]


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
        if not self._ways(text, start, end, mention) and mention:
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

    def _ways(self, text: str, start: int, end: int, mention: str) -> bool:
        """Count each way of reading two offsets; whether one of them spells the mention."""
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
        return found

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
        units = str(asked.get("units", "characters"))
        if "units" not in asked and self.wide:
            inside = {
                unit: max(self.inside["exclusive", unit], self.inside["inclusive", unit])
                for unit in ("characters", "utf16")
            }
            units = "utf16" if inside["utf16"] > inside["characters"] else "characters"
            notes.append(
                f"{self.wide} entities stand in texts with emoji or the like, and no mention says whether offsets count characters or "
                f"UTF-16 units: {units} are taken. units=utf16 or units=characters says it."
            )
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
        raise UsageError(
            f"{path}: the file does not tell whether ends are inclusive or exclusive: entities come without their words{clash}. "
            f"{self.first.get('hint', '')}. Say ends=exclusive or ends=inclusive."
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
