"""Looks into the private database of a data folder, past the product, with psql."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from dvara_up import DvaraUp, eventually


def rows(gateway: DvaraUp, query: str) -> list[dict]:
    """The rows of a query, each as a dict."""
    psql = shutil.which("psql") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/psql")))
    sockets = list(gateway.data.rglob(".s.PGSQL.*[0-9]"))
    assert len(sockets) == 1, f"the data folder has one live database, found {sockets}"
    socket = sockets[0]
    done = subprocess.run(
        [psql, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(socket.parent), "-p", socket.name.rsplit(".", 1)[1]]
        + ["-U", "dvara", "-d", "dvara", "-c", f"SELECT to_json(found) FROM ({query}) AS found"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def usage_row(gateway: DvaraUp, model: str) -> dict:
    """The usage row of the one call for a model, once it has arrived."""
    query = f"SELECT * FROM dvara_main.usage WHERE requested_model = '{model}'"
    found = eventually(lambda: rows(gateway, query), f"a usage row for {model}")
    assert len(found) == 1, found
    return found[0]
