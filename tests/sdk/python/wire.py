"""What the fake vendor's two dialects share."""

from __future__ import annotations


class Refused(Exception):
    """The vendor answers with an error: status, its body, further headers."""

    def __init__(self, status: int, body: dict, headers: dict[str, str] | None = None):
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, headers or {}


def pieces(whole: str) -> list[str]:
    """A text as a stream brings it: in pieces that cut words, not characters. Huge texts stay whole."""
    size = 7 if len(whole) < 10_000 else max(len(whole), 1)
    return [whole[start : start + size] for start in range(0, len(whole), size)]
