"""Which crates are linked into dvara, asked of cargo."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Crate:
    """A crate of the program. `folder` is where its source lies on this machine."""

    name: str
    version: str
    licence: str
    folder: Path
    ours: bool


def linked(target: str) -> list[Crate]:
    """The crates of the program for `target`, without what only builds it or is switched off in it.

    `cargo metadata` alone would not do: it adds what any member of the workspace switches on.
    """
    tree = cargo("tree", "--package", "dvara", "--edges", "normal", "--target", target, "--prefix", "none", "--format", "{p}")
    wanted = {tuple(line.split(" ")[:2]) for line in tree.splitlines() if line}
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", target))
    crates = [
        Crate(
            package["name"],
            package["version"],
            (package["license"] or "").replace("/", " OR ").replace("  ", " "),
            Path(package["manifest_path"]).parent,
            package["source"] is None,
        )
        for package in metadata["packages"]
        if (package["name"], "v" + package["version"]) in wanted
    ]
    assert len(crates) == len(wanted), "cargo tree and cargo metadata do not name the same crates"
    return sorted(crates)


def cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments, "--locked"], check=True, stdout=subprocess.PIPE, text=True).stdout
