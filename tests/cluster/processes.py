"""What the kernel of the node says about a service's process, where the node is this machine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from kube import Namespace


@dataclass(frozen=True)
class Process:
    """A running `/dvara SERVICE`."""

    folder: Path

    def status(self, field: str) -> str:
        """A line of /proc/PID/status."""
        lines = (self.folder / "status").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{field}:"))

    def resident(self) -> int:
        """The bytes of memory that it holds, the pages of its program among them."""
        return int(self.status("VmRSS").removesuffix("kB")) * 1024

    def started(self) -> float:
        """When it was started, in seconds since 1970, to a hundredth of a second."""
        ticks = int((self.folder / "stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        return time.time() - age

    def mounts(self) -> dict[str, list[str]]:
        """Mount points, with the options that are in force."""
        lines = (self.folder / "mountinfo").read_text().splitlines()
        return {fields[4]: fields[5].split(",") for fields in map(str.split, lines)}

    def written_files(self) -> list[str]:
        """The files that are open for writing; sockets, pipes and devices apart."""
        written = []
        for descriptor in (self.folder / "fd").iterdir():
            target = os.readlink(descriptor)
            info = (self.folder / "fdinfo" / descriptor.name).read_text().splitlines()
            flags = int(next(line.split()[1] for line in info if line.startswith("flags:")), 8)
            if target.startswith("/") and not target.startswith("/dev/") and flags & os.O_ACCMODE != os.O_RDONLY:
                written.append(target)
        return written

    def environment(self, name: str) -> str:
        """A variable that it was started with."""
        entries = dict(entry.partition("=")[::2] for entry in (self.folder / "environ").read_text().split("\0"))
        return entries[name]

    def peers(self) -> set[str]:
        """The addresses that anything in the pod has a TCP connection with."""
        lines = (self.folder / "net" / "tcp").read_text().splitlines()[1:]
        return {address(line.split()[2]) for line in lines}


def address(hexadecimal: str) -> str:
    """`0100007F:1F90` as the kernel writes an address, in the usual way and without the port."""
    number = bytes.fromhex(hexadecimal.partition(":")[0])
    return ".".join(map(str, reversed(number)))


def running(service: str, told: str) -> list[Process]:
    """The processes of a service whose environment has an entry, `NAME=value`: that is how those of one release are known."""
    return [Process(folder) for folder in Path("/proc").iterdir() if folder.name.isdigit() and is_it(folder, service, told)]


def is_it(folder: Path, service: str, told: str) -> bool:
    try:
        command = (folder / "cmdline").read_bytes().split(b"\0")
        return command[:2] == [b"/dvara", service.encode()] and told.encode() in (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        # It has gone meanwhile.
        return False


def gateways_of(namespace: Namespace) -> list[Process]:
    return running("gateway", f"KUBERNETES_NAMESPACE={namespace.name}")


def gateway_of(namespace: Namespace) -> Process:
    """The only one of them."""
    (process,) = gateways_of(namespace)
    return process
