"""Hosts on one network of the test's own: network namespaces on a bridge, which this machine is connected to and nothing else is.

Needs root, iproute2 and iptables. There is no netem in every kernel, so loss and cuts are rules of the hosts' own packet filters.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

PREFIX = "10.211.57"
MACHINE = f"{PREFIX}.1"
"""This machine on that network: where the database listens, and where calls come from."""


def run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert not check or done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {done.stdout}"
    return done.stdout


@dataclass
class Host:
    """A host of the network. What it loses are packets of other hosts, never those of this machine."""

    namespace: str
    address: str

    @property
    def within(self) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.namespace)

    def filter(self, *rule: str) -> None:
        run(*self.within, "iptables", "-w", *rule)

    def lose(self, share: float) -> None:
        """Loses this share of the packets that other hosts send it."""
        self.filter("-A", "INPUT", "!", "-s", MACHINE, "-m", "statistic", "--mode", "random", "--probability", str(share), "-j", "DROP")

    def cut_off(self, other: Host) -> None:
        """Neither hears nor reaches another host any more."""
        self.filter("-A", "INPUT", "-s", other.address, "-j", "DROP")
        self.filter("-A", "OUTPUT", "-d", other.address, "-j", "DROP")

    def mend(self) -> None:
        self.filter("-F")


@dataclass
class Network:
    """A bridge and its hosts. Made by `up`, gone after `down`."""

    name: str = field(default_factory=lambda: f"dvf{os.getpid() % 100_000}")
    hosts: list[Host] = field(default_factory=list)

    def up(self) -> Network:
        hub = f"{self.name}-hub"
        run("ip", "netns", "add", hub)
        run("ip", "-n", hub, "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
        run("ip", "-n", hub, "link", "set", "bridge", "up")
        run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "machine", "netns", hub)
        self._plug("machine")
        run("ip", "addr", "add", f"{MACHINE}/24", "dev", self.name)
        run("ip", "link", "set", self.name, "up")
        return self

    def host(self) -> Host:
        """One more host."""
        number = len(self.hosts) + 1
        host = Host(f"{self.name}-{number}", f"{PREFIX}.{10 + number}")
        self.hosts.append(host)
        run("ip", "netns", "add", host.namespace)
        run("ip", "link", "add", "eth0", "netns", host.namespace, "type", "veth", "peer", "name", f"host{number}", "netns", f"{self.name}-hub")
        self._plug(f"host{number}")
        run("ip", "-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            run("ip", "-n", host.namespace, "link", "set", link, "up")
        return host

    def _plug(self, link: str) -> None:
        run("ip", "-n", f"{self.name}-hub", "link", "set", link, "master", "bridge", "up")

    def down(self) -> None:
        """Leaves nothing behind, however far it came."""
        for namespace in [*(host.namespace for host in self.hosts), f"{self.name}-hub"]:
            run("ip", "netns", "del", namespace, check=False)
        run("ip", "link", "del", self.name, check=False)
