#!/usr/bin/env python3
"""The S-table: which tests show the statements of the deployment guide, and what came of them.

    tests/guide/table.py                 checks: every statement has tests or a verdict, and docs/guide-coverage.md is fresh
    tests/guide/table.py --write         writes docs/guide-coverage.md, then checks
    tests/guide/table.py --results DIR   prints one table from the junit XML files of a run, each named for its suite (chart.xml, …);
                                         --without 'cluster=no cluster here' says why a suite has no file there

Exit code 1 when something is wrong: then every problem is a line on standard error.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import completeness
import coverage_page
import outcomes
import statements
import verdicts
import written_tests

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide-coverage.md"


def main(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    try:
        known = statements.read(statements.LIST.read_text())
        found = written_tests.find(ROOT / "tests")
        problems = results(known, found, asked) if asked.results else check(known, found, write=asked.write)
    except (statements.WrongList, outcomes.WrongResults) as error:
        problems = [str(error)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--results", type=Path, metavar="DIR")
    parser.add_argument("--without", type=excuse, action="append", default=[], metavar="SUITE=REASON")
    return parser


def excuse(text: str) -> tuple[str, str]:
    suite, _, reason = text.partition("=")
    if suite not in written_tests.SUITES or not reason.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not SUITE=REASON with one of {', '.join(written_tests.SUITES)}")
    return suite, reason


def check(known: list[statements.Statement], found: written_tests.Found, *, write: bool) -> list[str]:
    problems = completeness.problems(known, found)
    page = coverage_page.render(known, completeness.by_number(found.tests))
    if write:
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        problems.append("docs/guide-coverage.md is not what the tests say: run tests/guide/table.py --write")
    return problems


def results(known: list[statements.Statement], found: written_tests.Found, asked: argparse.Namespace) -> list[str]:
    ran = outcomes.read(asked.results, found.tests)
    rows = verdicts.table(known, completeness.by_number(found.tests), verdicts.Judge(ran, dict(asked.without)))
    for row in rows:
        print(row)
    print(verdicts.counted(rows))
    bad = [f"{row.statement.name} {row.kind}: {row.detail}" for row in rows if row.kind in verdicts.BAD]
    return [*completeness.problems(known, found), *bad]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
