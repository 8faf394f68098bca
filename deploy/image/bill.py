"""Turns what cargo-cyclonedx wrote into the bill of materials of the image: bill.py WRITTEN BILL OPTION...

It writes what the lock file may switch on, such as databases that no build of ours has; here that is cut down to
what is linked. What is no crate is added, and paths of the building machine are taken out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import crates
import embedded
import oci
import pack

PATH_REFERENCE = "path+file://"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bill.py", description=__doc__.partition(":")[0])
    parser.add_argument("written", type=Path)
    parser.add_argument("bill", type=Path)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--target", required=True)
    options = parser.parse_args(arguments)
    bill = without_paths(json.loads(options.written.read_text()))
    bill = only_linked(bill, {(crate.name, crate.version) for crate in crates.linked(options.target)})
    bill = with_parts(bill, options.binary.read_bytes())
    options.bill.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n")


def without_paths(bill: dict) -> dict:
    """References to crates of the clone by name, as all others are."""

    def clean(value):
        if isinstance(value, dict):
            return {key: clean(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [clean(entry) for entry in value]
        if isinstance(value, str) and value.startswith(PATH_REFERENCE):
            return "workspace+" + value.rpartition("/")[2]
        if isinstance(value, str) and value.startswith("pkg:cargo/"):
            return value.partition("?download_url=file:")[0]
        return value

    return clean(bill)


def only_linked(bill: dict, linked: set[tuple[str, str]]) -> dict:
    kept = [part for part in bill["components"] if (part["name"], part["version"]) in linked]
    missing = linked - {(part["name"], part["version"]) for part in kept} - {name_of(bill["metadata"]["component"])}
    if missing:
        sys.exit(f"bill.py: cargo-cyclonedx does not name {sorted(missing)}")
    known = {part["bom-ref"] for part in kept} | {bill["metadata"]["component"]["bom-ref"]}
    edges = [
        {**edge, "dependsOn": [other for other in edge.get("dependsOn", []) if other in known]}
        for edge in bill["dependencies"]
        if edge["ref"] in known
    ]
    return {**bill, "components": kept, "dependencies": edges}


def name_of(component: dict) -> tuple[str, str]:
    return component["name"], component["version"]


def with_parts(bill: dict, binary: bytes) -> dict:
    program = {**bill["metadata"]["component"], "hashes": [sha256(oci.digest_of(binary))]}
    certificates = oci.digest_of(pack.ca_bundle(pack.CA_ROOTS))
    parts = [component(part) for part in embedded.parts(certificates)]
    return {
        **bill,
        "metadata": {**bill["metadata"], "component": program},
        "components": bill["components"] + parts,
    }


def component(part: embedded.Part) -> dict:
    return {
        "type": "library",
        "bom-ref": f"embedded+{part.name}@{part.version}",
        "name": part.name,
        "version": part.version,
        "supplier": {"name": part.supplier},
        "licenses": [{"expression": part.licence}],
        "description": part.note,
        "externalReferences": [{"type": "website", "url": part.source}],
    }


def sha256(digest: str) -> dict:
    return {"alg": "SHA-256", "content": digest.removeprefix("sha256:")}


if __name__ == "__main__":
    main(sys.argv[1:])
