"""Whether every statement is shown by tests or has a verdict, and none has both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from statements import LAST, Statement
from written_tests import Found, WrittenTest

ByNumber = dict[int, list[WrittenTest]]


def by_number(tests: Iterable[WrittenTest]) -> ByNumber:
    grouped: ByNumber = defaultdict(list)
    for test in tests:
        grouped[test.number].append(test)
    return grouped


def problems(statements: list[Statement], found: Found) -> list[str]:
    """What is wrong, a sentence each; nothing when all is well."""
    tests = by_number(found.tests)
    unknown = [test for number, several in sorted(tests.items()) if not 1 <= number <= LAST for test in several]
    return [
        *found.problems,
        *(f"tests/{test.suite}/{test.file}: {test.name} is of a statement that does not exist; they are S1 to S{LAST}" for test in unknown),
        *(problem for statement in statements if (problem := problem_of(statement, tests.get(statement.number, [])))),
    ]


def problem_of(statement: Statement, tests: list[WrittenTest]) -> str | None:
    if not tests and not statement.verdict:
        return f"{statement.name} has neither a test nor a verdict: {statement.says}"
    if tests and statement.verdict:
        where = ", ".join(f"tests/{test.suite}/{test.file}" for test in tests)
        return f"{statement.name} is {statement.verdict.kind}, and yet a test shows it: {where}"
    return None
