"""PostgreSQL servers of given versions, from the packages in tests/guide/node."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

PACKAGES = Path(__file__).parent / "node" / "node_modules"


def programs(major: int, folder: Path) -> Path:
    """The programs of a version, copied to a folder that the server's user may read; the folder they are in."""
    package = PACKAGES / f"postgres-{major}"
    assert package.is_dir(), f"{package} is missing; `make setup` installs it"
    copy = folder / f"postgres-{major}"
    shutil.copytree(package / "native", copy)
    # The package makes its libraries' links by a script, and scripts of packages do not run here.
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        source, target = (copy / Path(link[end]).relative_to("native") for end in ("source", "target"))
        target.unlink(missing_ok=True)
        target.symlink_to(source.name)
    return copy / "bin"
