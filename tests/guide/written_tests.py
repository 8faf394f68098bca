"""The tests that show statements, found in their source: a test is written down before it runs, and missed when it does not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SUITES = ("chart", "cluster", "fleet", "guide", "image")
NAME = re.compile(r"test_s(\d{3})_[a-z0-9_]*[a-z0-9]")
LOOKS_LIKE_ONE = re.compile(r"test_s\d")


@dataclass(frozen=True, order=True)
class WrittenTest:
    """A function that pytest collects; parametrized, it is still one."""

    suite: str
    file: str
    """Below the folder of its suite, with slashes."""
    name: str

    @property
    def number(self) -> int:
        return int(self.name[6:9])


@dataclass(frozen=True)
class Found:
    tests: list[WrittenTest]
    problems: list[str]


def find(tests: Path) -> Found:
    """All of them below a folder that has the suites."""
    found, problems = [], []
    for suite in SUITES:
        for file in sorted((tests / suite).rglob("*.py")):
            relative = file.relative_to(tests / suite).as_posix()
            names = list(functions(ast.parse(file.read_text(), str(file)).body))
            for name in names:
                if problem := wrong(file, name, names.count(name)):
                    problems.append(f"tests/{suite}/{relative}: {problem}")
                else:
                    found.append(WrittenTest(suite, relative, name))
    return Found(sorted(set(found)), sorted(set(problems)))


def functions(body: list[ast.stmt]) -> Iterator[str]:
    """The functions that pytest would look at, by the beginning of their name: of a module and of its classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and LOOKS_LIKE_ONE.match(node.name):
            yield node.name


def wrong(file: Path, name: str, times: int) -> str | None:
    if not NAME.fullmatch(name):
        return f"{name} has no three digits and words after test_s, as in test_s020_words_of_what_it_shows"
    if times > 1:
        return f"{name} is there {times} times, and only the last one runs"
    if not file.name.startswith("test_"):
        return f"{name} is in a file that pytest does not collect; its name must start with test_"
    return None
