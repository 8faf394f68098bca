"""Measures how long dvara takes from its start to ready, and what it then holds: start_time.py BINARY

A PostgreSQL server of its own runs beside it, as it does on a cluster. `dvara up` is what is started, since every build
accepts its evaluation licence; a service alone is no slower. The first start migrates, and does not count.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

STARTS = 5
PATIENCE_SECONDS = 60


def main(binary: Path) -> None:
    # Short, for the database's socket, and open to its user.
    folder = Path(tempfile.mkdtemp(prefix="dvara-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with_database(folder, binary.resolve())
    finally:
        shutil.rmtree(folder)


def with_database(folder: Path, binary: Path) -> None:
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    data = folder / "database"
    data.mkdir()
    user = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None
    if user is not None:
        os.chown(data, user, -1)

    def run(name: str, *arguments: str) -> None:
        subprocess.run([programs / name, "-D", data / "d", *arguments], check=True, user=user, cwd=data, stdout=subprocess.DEVNULL)

    run("initdb", "--auth=trust", "--username=dvara", "--no-sync")
    run("pg_ctl", "start", "-w", "-l", str(data / "log"), "-o", f"-k {data} -c listen_addresses=")
    try:
        url = f"postgres:///postgres?host={data}&user=dvara"
        starts = [start(binary, folder / "data", url) for _ in range(STARTS + 1)][1:]
    finally:
        run("pg_ctl", "stop", "-w", "-m", "fast")
    times, sizes = zip(*starts)
    print(
        f"ready {statistics.median(times) * 1000:.0f} ms after its start with a running PostgreSQL "
        f"({min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms in {STARTS} starts), then {max(sizes) / 2**20:.1f} MiB resident"
    )


def start(binary: Path, data: Path, url: str) -> tuple[float, int]:
    """Starts it once: seconds until ready, bytes that it holds then."""
    port = free_port()
    begun = time.monotonic()
    ports = ["--gateway-port", str(port), "--flightdeck-port", "0", "--mcp-port", "0"]
    process = subprocess.Popen(
        [binary, "up", "--data-dir", data, "--database-url", url, *ports],
        # Nothing of the caller's that could configure it.
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not ready(port):
            if process.poll() is not None or time.monotonic() > begun + PATIENCE_SECONDS:
                sys.exit(f"start_time.py: {binary} did not get ready")
            time.sleep(0.001)
        return time.monotonic() - begun, resident(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/actuator/health/readiness", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def resident(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
