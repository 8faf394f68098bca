"""What came of the tests of a run, read from the files that `pytest --junitxml` wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from written_tests import LOOKS_LIKE_ONE, SUITES, WrittenTest

WORST_FIRST = ("failed", "skipped", "passed")


class WrongResults(Exception):
    """A file of results that belongs to no suite, or to other tests than those of this clone."""


class Outcomes:
    """The outcome of every test that ran, and the suites that ran at all."""

    def __init__(self) -> None:
        self.suites: set[str] = set()
        self._cases: dict[WrittenTest, list[str]] = defaultdict(list)

    def of(self, test: WrittenTest) -> str | None:
        """The worst outcome of the test's cases; None when none ran."""
        cases = self._cases.get(test, [])
        return next((outcome for outcome in WORST_FIRST if outcome in cases), None)

    def add(self, file: Path, written: list[WrittenTest]) -> None:
        """Adds a file, which is named for its suite: guide.xml, or guide-processes.xml for a part of it."""
        suite = file.stem.partition("-")[0]
        if suite not in SUITES:
            raise WrongResults(f"{file.name} is named for no suite; those are {', '.join(f'{each}.xml' for each in SUITES)}")
        self.suites.add(suite)
        of_suite = [test for test in written if test.suite == suite]
        for module, name, outcome in cases(file):
            if not LOOKS_LIKE_ONE.match(name):
                continue
            ran = [test for test in of_suite if test.name == name and PurePosixPath(test.file).stem in module]
            if len(ran) != 1:
                raise WrongResults(f"{file.name}: {'.'.join(module)}.{name} ran and is not in tests/{suite}; these results are of other tests")
            self._cases[ran[0]].append(outcome)


def cases(file: Path) -> Iterator[tuple[list[str], str, str]]:
    """Each case: where it is from, the name of its function, and its outcome."""
    try:
        tree = ElementTree.parse(file)
    except ElementTree.ParseError as error:
        raise WrongResults(f"{file.name} is no junit XML: {error}") from error
    for case in tree.iter("testcase"):
        yield case.get("classname", "").split("."), case.get("name", "").partition("[")[0], outcome_of(case)


def outcome_of(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


def read(folder: Path, written: list[WrittenTest]) -> Outcomes:
    """All files of a folder."""
    if not folder.is_dir():
        raise WrongResults(f"{folder} is no folder")
    outcomes = Outcomes()
    for file in sorted(folder.glob("*.xml")):
        outcomes.add(file, written)
    return outcomes
