"""Documents with one thing changed, to see what a judge says of it."""

import json

MISSING = object()


def body(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def changed(document: dict, place: str, value: object) -> dict:
    """A copy with another value at `a.0.b`, or with nothing there when the value is MISSING."""
    copy = json.loads(json.dumps(document))
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    there = copy
    for step in way:
        there = there[step]
    if value is MISSING:
        del there[last]
    else:
        there[last] = value
    return copy
