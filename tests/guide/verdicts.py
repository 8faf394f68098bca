"""The S-table: what became of each statement in a run, and the counts below it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from completeness import ByNumber
from outcomes import Outcomes
from statements import Statement
from written_tests import WrittenTest

PASSED, NOT_RUN = "passed", "not run"
KINDS = (PASSED, "failed", "skipped", "missed", NOT_RUN, "not applicable", "not yet")
"""`missed`: the suite of a test ran, and the test did not. `not run`: its suite could not run, and somebody said why."""
BAD = ("failed", "skipped", "missed")


@dataclass(frozen=True)
class Row:
    statement: Statement
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.statement.name:<5} {self.kind:<14} {self.statement.says}" + (f" [{self.detail}]" if self.detail else "")


class Judge:
    """Judges statements by the outcomes of a run; `excused` says why a suite did not take part in it."""

    def __init__(self, outcomes: Outcomes, excused: dict[str, str]):
        self.outcomes = outcomes
        self.excused = excused

    def row(self, statement: Statement, tests: list[WrittenTest]) -> Row:
        if statement.verdict:
            return Row(statement, statement.verdict.kind, statement.verdict.reason)
        kinds = {test: self.kind(test) for test in tests}
        for kind in (*BAD, NOT_RUN):
            if those := [test for test in tests if kinds[test] == kind]:
                return Row(statement, kind, self.detail(kind, those, len(tests)))
        return Row(statement, PASSED, "1 test" if len(tests) == 1 else f"{len(tests)} tests")

    def kind(self, test: WrittenTest) -> str:
        if outcome := self.outcomes.of(test):
            return outcome
        return NOT_RUN if test.suite in self.excused and test.suite not in self.outcomes.suites else "missed"

    def detail(self, kind: str, those: list[WrittenTest], all_of_them: int) -> str:
        if kind == NOT_RUN:
            reasons = sorted({self.excused[test.suite] for test in those})
            return f"{'; '.join(reasons)}: {len(those)} of {all_of_them}"
        return "; ".join(f"{test.suite}/{test.file}: {test.name}" for test in those)


def table(statements: list[Statement], tests: ByNumber, judge: Judge) -> list[Row]:
    return [judge.row(statement, tests.get(statement.number, [])) for statement in statements]


def counted(rows: list[Row]) -> str:
    """How many of each kind, those that nobody has to look at first."""
    counts = Counter(row.kind for row in rows)
    return f"{len(rows)} statements: " + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind] or kind not in ("skipped", "missed"))
