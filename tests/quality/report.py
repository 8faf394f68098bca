"""What a measurement says: the text of the report, the aims that are missed, and the mistakes one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Report:
    text: str = ""
    missed: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def table(head: list[str], rows: list[list[object]]) -> Iterator[str]:
    """In Markdown, in columns that can be read as they are."""
    cells = [head, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    yield lines[0]
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    yield from lines[1:]
