"""An image run without an engine: its files as a root that cannot be written, as its user, in its own mounts."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

import oci

# The new root is a mount of its own, read-only. /tmp is an empty memory file system, as the chart's emptyDir and the
# compose files' tmpfs are; the other folder is a new volume, which gets the owner of the folder that it covers.
SEAL = """
root=$1 user=$2; shift 2
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o "uid=$(stat -c %u "$root/var/lib/dvara"),gid=$(stat -c %g "$root/var/lib/dvara"),mode=755" tmpfs "$root/var/lib/dvara"
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" "$@"
"""


class Sealed:
    """The unpacked image, and the processes that were started in it."""

    def __init__(self, image: oci.Image):
        assert os.getuid() == 0, "a root of its own for a process needs root"
        self.config = json.loads(image.config)["config"]
        self.root = Path(tempfile.mkdtemp(prefix="dvara-sealed-", dir="/tmp"))
        self.root.chmod(0o755)
        with tarfile.open(fileobj=io.BytesIO(image.layer), mode="r:gz") as layer:
            layer.extractall(self.root, numeric_owner=True, filter="fully_trusted")
        self.processes: list[subprocess.Popen] = []

    def start(self, *arguments: str, output: IO | int = subprocess.PIPE, **environment: str) -> subprocess.Popen:
        """Starts a container of it, with its own command when there are no arguments. Output is one stream of text."""
        command = [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]
        process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "bash", "-euc", SEAL, "bash", self.root, self.config["User"], *command],
            # PATH is what finds the programs of the script; the image's own has none of them.
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
