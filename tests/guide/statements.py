"""The statements of the deployment guide, as statements.toml lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

LAST = 213
LIST = Path(__file__).with_name("statements.toml")
VERDICTS = {"not_applicable": "not applicable", "not_yet": "not yet"}


@dataclass(frozen=True)
class Verdict:
    """Why no test shows a statement."""

    kind: str
    reason: str


@dataclass(frozen=True)
class Statement:
    number: int
    section: str
    says: str
    verdict: Verdict | None = None

    @property
    def name(self) -> str:
        return f"S{self.number}"


class WrongList(Exception):
    """The list cannot be read; says where and why."""


def read(text: str) -> list[Statement]:
    """The statements in the order of the list, which is the order of their numbers."""
    found = [statement(section, name, value) for section, entries in tomllib.loads(text).items() for name, value in entries.items()]
    numbers = [each.number for each in found]
    for number in range(1, LAST + 1):
        if number not in numbers:
            raise WrongList(f"S{number} is missing")
    if numbers != list(range(1, LAST + 1)):
        raise WrongList(f"the list is S1 to S{LAST}, each once, in order")
    return found


def statement(section: str, name: str, value: str | dict[str, str]) -> Statement:
    number = name.removeprefix("S")
    if number == name or not number.isdigit():
        raise WrongList(f"{name} is no number of a statement; they are S1 to S{LAST}")
    fields = {"says": value} if isinstance(value, str) else dict(value)
    says = fields.pop("says", "")
    if not says:
        raise WrongList(f"{name} says nothing")
    return Statement(int(number), section, says, verdict(name, fields))


def verdict(name: str, fields: dict[str, str]) -> Verdict | None:
    if unknown := fields.keys() - VERDICTS.keys():
        raise WrongList(f"{name}: {', '.join(sorted(unknown))} is none of says, {', '.join(VERDICTS)}")
    if len(fields) > 1:
        raise WrongList(f"{name} has two verdicts")
    for kind, reason in fields.items():
        if not reason.strip():
            raise WrongList(f"{name}: {kind} gives no reason")
        return Verdict(VERDICTS[kind], reason)
    return None
