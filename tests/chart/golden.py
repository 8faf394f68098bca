"""The renders that are kept in golden/. `python tests/chart/golden.py` writes them anew, for a change to be read in its diff."""

from __future__ import annotations

import re

import chart

FOLDER = chart.ROOT / "tests/chart/golden"


def expected(case: str) -> str:
    return (FOLDER / f"{case}.yaml").read_text()


def actual(case: str) -> str:
    """A render without what changes with the chart's version alone, and without empty lines, which the Helms see differently."""
    text = re.sub(r"helm\.sh/chart: meridian-\S+", "helm.sh/chart: meridian-VERSION", chart.text(case=case))
    text = text.replace(f'"{chart.app_version()}"', '"APP-VERSION"')
    text = re.sub(rf"(dvara-(?:llm-gateway|flightdeck|mcp-gateway)):{re.escape(chart.app_version())}\b", r"\1:APP-VERSION", text)
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("*.yaml"):
        stale.unlink()
    for case in chart.CASES:
        (FOLDER / f"{case}.yaml").write_text(actual(case))
    print(f"wrote {len(chart.CASES)} files to {FOLDER}")
