"""Lists what is in the image and under which licence, and every licence text that came with it: licences.py LIST OPTION..."""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

import crates
import embedded
import oci
import pack
from crates import Crate

# The files in which crates carry their terms.
TERMS = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)([-_. ].*)?$", re.IGNORECASE)
RULE = "-" * 100


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="licences.py", description=__doc__.partition(":")[0])
    parser.add_argument("list", type=Path)
    parser.add_argument("--target", required=True)
    options = parser.parse_args(arguments)
    others = [crate for crate in crates.linked(options.target) if not crate.ours]
    certificates = oci.digest_of(pack.ca_bundle(pack.CA_ROOTS))
    options.list.write_text("\n".join(document(others, embedded.parts(certificates))))


def document(others: list[Crate], parts: list[embedded.Part]) -> list[str]:
    silent = [crate.name for crate in others if not crate.licence]
    if silent:
        sys.exit(f"licences.py: {', '.join(silent)} state no licence")
    lines = ["DVARA is under the Apache License 2.0. What its image holds of others:", ""]
    lines += [f"{part.name} {part.version}: {part.licence}\n    {part.note} {part.source}" for part in parts]
    lines += ["", f"{len(others)} crates:", ""]
    lines += [f"{crate.name} {crate.version}: {crate.licence}" for crate in others]
    for text, names in sorted(texts(others).items(), key=lambda found: found[1]):
        lines += ["", RULE, *names, RULE, "", text]
    return [*lines, ""]


def texts(others: list[Crate]) -> dict[str, list[str]]:
    """Each text once, with the crates that carry it. Line ends and margins do not make another text."""
    found = defaultdict(list)
    for crate in others:
        for file in sorted(crate.folder.iterdir()):
            if file.is_file() and TERMS.match(file.name) and file.suffix not in {".rs", ".toml"}:
                text = "\n".join(line.rstrip() for line in file.read_text(errors="replace").splitlines()).strip("\n")
                found[text].append(f"{crate.name} {crate.version}: {file.name}")
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
