"""An image of PostgreSQL from this machine's own programs, with what the chart's development database expects of one.

That is the contract of the official image, as far as it is used: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and PGDATA.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import oci
from oci import Entry, Image, Layer

REFERENCE = "ghcr.io/dvarahq/dvara/postgres-of-tests:1"

USERS = "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/tmp:/bin/sh\n"
"""initdb and the server want a name for the user that they run as."""

ZONES = ["/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/GMT", "/usr/share/zoneinfo/Etc/UTC"]
"""Distributions build the server to read the system's time zones."""

ENTRYPOINT = """#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    mkdir -p "$PGDATA"
    printf %s "$POSTGRES_PASSWORD" >/tmp/password
    initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --no-locale
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE \\"$POSTGRES_DB\\"" | postgres --single postgres
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


def pack(archive: Path) -> None:
    """Writes the image as an archive."""
    home = newest_release()
    shared = Path("/usr/share/postgresql") / home.name
    programs = [home / "bin" / name for name in ("postgres", "initdb")] + [Path(found(name)) for name in ("sh", "mkdir", "rm")]
    modules = [home / "lib" / name for name in ("dict_snowball.so", "plpgsql.so")]
    files = {path: 0o755 for path in [*programs, *modules]}
    files |= {library: 0o755 for path in files for library in libraries(path)}
    files |= {path: 0o644 for path in shared.rglob("*") if path.is_file()}
    files |= {path: 0o644 for path in map(Path, ZONES)}
    entries = {str(path).lstrip("/"): Entry(mode, path.read_bytes()) for path, mode in files.items()}
    entries |= {
        "entrypoint": Entry(0o755, ENTRYPOINT.encode()),
        "etc/passwd": Entry(0o644, USERS.encode()),
        "bin/sh": Entry(0o755, Path(found("sh")).read_bytes()),
        "tmp/": Entry(0o1777),
    }
    path = f"{home}/bin:/usr/bin:/bin"
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"User": "999:999", "Entrypoint": ["/entrypoint"], "Env": [f"PATH={path}"], "Labels": {}},
    }
    archive.write_bytes(oci.archive([Image.of(REFERENCE, config, Layer.of(entries))]))


def newest_release() -> Path:
    """The folder of the newest PostgreSQL that the distribution has installed."""
    return max(Path("/usr/lib/postgresql").iterdir(), key=lambda folder: int(folder.name))


def found(name: str) -> str:
    path = shutil.which(name)
    assert path, f"this machine has no {name}"
    return path


def libraries(program: Path) -> list[Path]:
    """The shared libraries that a program is linked with, the loader among them."""
    said = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", said)]
