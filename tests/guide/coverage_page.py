"""docs/guide-coverage.md: which tests show which statement."""

from __future__ import annotations

from completeness import ByNumber
from statements import LAST, Statement
from written_tests import WrittenTest

INTRODUCTION = f"""# What shows that the deployment guide is kept

Every statement of the guide, in our words, and the tests that show it. `scripts/test` and `make test-cluster` run them, and `tests/guide/table.py
--results` prints what came of it. A statement without a test has a verdict: *not applicable* with the reason, or *not yet* with the function that is
missing. A statement whose tests would be weaker than its text is *not yet*.

This page is generated from `tests/guide/statements.toml` and the names of the tests: `tests/guide/table.py --write`.

"""


def render(statements: list[Statement], tests: ByNumber) -> str:
    return INTRODUCTION + counts(statements) + "".join(sections(statements, tests))


def counts(statements: list[Statement]) -> str:
    verdicts = [statement.verdict.kind for statement in statements if statement.verdict]
    return (
        f"Of {LAST} statements {LAST - len(verdicts)} have tests, {verdicts.count('not applicable')} are not applicable, "
        f"{verdicts.count('not yet')} are not yet there.\n"
    )


def sections(statements: list[Statement], tests: ByNumber):
    section = None
    for statement in statements:
        if statement.section != section:
            section = statement.section
            yield f"\n## {section}\n\n| | statement | shown by |\n|---|---|---|\n"
        yield f"| {statement.name} | {cell(statement.says)} | {shown_by(statement, tests.get(statement.number, []))} |\n"


def shown_by(statement: Statement, tests: list[WrittenTest]) -> str:
    if statement.verdict:
        return f"*{statement.verdict.kind}*: {cell(statement.verdict.reason)}"
    return "<br>".join(f"{test.suite}/{test.file}: `{test.name}`" for test in tests)


def cell(text: str) -> str:
    return text.replace("|", "\\|")
