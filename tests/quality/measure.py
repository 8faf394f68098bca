"""Measures the detectors of personal data and of attacks, beside Presidio, and writes the report.

    scripts/quality [--pii PROGRAM] [--attacks PROGRAM] [--report FILE] [--mistakes]

Ends with 1 when an aim is missed. The programs read lines of `{"id", "text"}` and write a line for each: `{"id",
"found": [{"type", "start", "end"}]}` with places in bytes, or `{"id", "detected", "rules"}`.
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from attack_quality import attack_report
from findings import from_bytes
from generate import texts
from pii_quality import pii_report
from presidio import presidio_findings

ROOT = Path(__file__).parents[2]
CARGO = "cargo run --quiet --release --locked --package dvara-governance --example"


def answers(program: str, texts: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What the program says of each text, by id."""
    lines = "".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in texts.items())
    done = subprocess.run(shlex.split(program), cwd=ROOT, input=lines, stdout=subprocess.PIPE, text=True, check=True)
    said = {line["id"]: line for line in map(json.loads, done.stdout.splitlines())}
    if said.keys() != texts.keys():
        sys.exit(f"{program}: {len(texts)} texts asked, {len(said)} answered, and not the same ones")
    return said


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pii", default=f"{CARGO} detect_pii", help="the detector of personal data")
    parser.add_argument("--attacks", default=f"{CARGO} detect_attacks", help="the detector of attacks")
    parser.add_argument("--report", type=Path, default=Path(__file__).with_name("REPORT.md"))
    parser.add_argument("--mistakes", action="store_true", help="print what was missed or wrongly found")
    options = parser.parse_args()

    data = list(texts())
    by_id = {text.id: text.text for text in data}
    found = {id: from_bytes(by_id[id], said["found"]) for id, said in answers(options.pii, by_id).items()}
    pii = pii_report(data, found, presidio_findings(by_id))
    attacks = attack_report(lambda texts: answers(options.attacks, texts))

    missed = pii.missed + attacks.missed
    aims = "\n".join(["## Aims that are missed", "", *[f"- {aim}" for aim in missed or ["none"]]])
    report = "\n\n".join(
        ["# Quality of detection", "How it is measured: README.md beside this file.", pii.text, attacks.text, aims]
    )
    options.report.write_text(report + "\n")
    print(report)
    if options.mistakes:
        print("\n".join(["", *pii.mistakes, *attacks.mistakes]))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
