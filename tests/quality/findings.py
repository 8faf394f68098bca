"""What a detector found, and how right it was.

A finding is right when it has the value's type and covers as much: at least half of what either covers, together
(intersection over union), with or without the value's label or title, whichever fits better. What is found inside a URL
with credentials counts neither way.
"""

from dataclasses import dataclass
from typing import Any

from generate import Text, Value

LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class Finding:
    """Places in characters; detectors without scores are sure."""

    type: str
    start: int
    end: int
    score: float = 1.0


@dataclass
class Tally:
    """How often a type was found rightly, wrongly and not at all."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def positives(self) -> int:
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """One who says nothing says nothing wrong."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.positives if self.positives else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0


def overlap(finding: Finding, value: Value) -> float:
    places = [(value.start, value.end), (value.outer_start, value.outer_end)]
    return max(_over_union((finding.start, finding.end), place) for place in places)


def _over_union(left: tuple[int, int], right: tuple[int, int]) -> float:
    shared = min(left[1], right[1]) - max(left[0], right[0])
    union = max(left[1], right[1]) - min(left[0], right[0])
    return shared / union if shared > 0 else 0.0


def inside_other(finding: Finding, text: Text) -> bool:
    """Whether it is a part of a URL with credentials: `password@host` reads as an address, and the host may be one."""
    return any(
        value.type == "URL_CREDENTIALS" != finding.type and value.start <= finding.start and finding.end <= value.end
        for value in text.values
    )


def judge(
    texts: list[Text], findings: dict[str, list[Finding]], type: str, threshold: float = 0.0
) -> tuple[Tally, list[tuple[str, str]]]:
    """The tally of one type over the texts, and each mistake as `("missed" | "wrong", the text in question)`."""
    tally, mistakes = Tally(), []
    for text in texts:
        left = [
            finding
            for finding in findings.get(text.id, [])
            if finding.type == type and finding.score >= threshold and not inside_other(finding, text)
        ]
        for value in (value for value in text.values if value.type == type):
            best = max(left, key=lambda finding: overlap(finding, value), default=None)
            if best is not None and overlap(best, value) >= LEAST_OVERLAP:
                tally.right += 1
                left.remove(best)
            else:
                tally.missed += 1
                mistakes.append(("missed", text.text[value.outer_start : value.outer_end]))
        tally.wrong += len(left)
        mistakes += [("wrong", text.text[finding.start : finding.end]) for finding in left]
    return tally, mistakes


def from_bytes(text: str, found: list[dict[str, Any]]) -> list[Finding]:
    """The program's findings have places in UTF-8; one inside of a character is the program's mistake."""
    encoded = text.encode()
    return [
        Finding(entry["type"], len(encoded[: entry["start"]].decode()), len(encoded[: entry["end"]].decode()))
        for entry in found
    ]
