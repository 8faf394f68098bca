"""A program alone in a root file system that cannot be written, as user 1001: a container without an engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

USER = 1001

# The new root is a mount of its own, read-only; /tmp is an empty memory file system, as the chart's emptyDir is.
SEAL = """
root=$1; shift
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -o remount,bind,ro "$root"
exec chroot --userspec=1001:1001 "$root" /dvara "$@"
"""


class Sealed:
    """A folder with the binary, and the processes that were started in it."""

    def __init__(self, binary: Path, folder: Path | None = None):
        assert os.getuid() == 0, "a root of its own for a process needs root"
        self.root = folder or Path(tempfile.mkdtemp(prefix="dvara-sealed-", dir="/tmp"))
        (self.root / "tmp").mkdir()
        self.root.chmod(0o755)
        shutil.copy(binary, self.root / "dvara")
        self.processes: list[subprocess.Popen] = []

    def start(self, *arguments: str, output: IO | int = subprocess.PIPE, **environment: str) -> subprocess.Popen:
        """Starts dvara with nothing but `environment`; its output comes as one stream of text."""
        process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "bash", "-euc", SEAL, "bash", str(self.root), *arguments],
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Runs it to its end: exit code and output."""
        process = self.start(*arguments, **environment)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def clean_up(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def wait_until_ready(process: subprocess.Popen, url: str, log: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while status_of(f"{url}/actuator/health/readiness") != 200:
        assert process.poll() is None, f"it ended with {process.returncode}:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"not ready within {seconds} s:\n{log.read_text()}"
        time.sleep(0.02)


def status_of(url: str, bearer: str | None = None) -> int | None:
    """The status of an answer; none when there is none."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
