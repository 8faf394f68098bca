"""The golden files of the dialects, as their tests in Rust lay them down: crates/dvara-dialects/tests/golden/README.md."""

import json
from pathlib import Path

from documents import body
from strict import Disagreement

__all__ = ["body"]

GOLDEN = Path(__file__).parents[3] / "crates/dvara-dialects/tests/golden"

ODD = "odd-"
"""Cases that break with what the vendor publishes: what it sends is nobody's to approve, only what we make of it."""


def cases(dialect: str, ending: str, *, odd: bool = False) -> list[str]:
    """Every case of a dialect with files that end so, with or without the odd ones."""
    names = [path.name.removesuffix(ending) for path in (GOLDEN / dialect).glob(f"*{ending}")]
    found = sorted(f"{dialect}/{name}" for name in names if odd or not name.startswith(ODD))
    assert found, f"no golden files of {dialect} end in {ending}"
    return found


def read(case: str, ending: str) -> dict:
    return json.loads((GOLDEN / f"{case}{ending}").read_text())


def found_exactly(findings: list[str], case: str, beyond: dict[str, str]) -> None:
    """Nothing is found, or the case is known to go beyond the types."""
    if case in beyond:
        assert findings, f"{case} no longer goes beyond the types by {beyond[case]}: take it off the list"
    else:
        assert findings == [], "\n".join([case, *findings])


def disagreements(judge, document: dict, *more) -> list[str]:
    try:
        judge(document, *more)
    except Disagreement as disagreement:
        return str(disagreement).splitlines()
    return []


def events(text: str) -> list[dict]:
    """The data of the events that came whole; half an event is what the file is about. Data of several lines is one."""
    blocks = text.replace("\r\n", "\n").split("\n\n")[:-1]
    lines = [[line.removeprefix("data:").removeprefix(" ") for line in block.split("\n") if line.startswith("data:")] for block in blocks]
    data = ["\n".join(each) for each in lines if each]
    return [json.loads(each) for each in data if each != "[DONE]"]


def wire(case: str) -> list[dict]:
    return events((GOLDEN / f"{case}.stream.sse").read_bytes().decode(errors="replace"))
