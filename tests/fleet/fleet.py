"""Gateways on the hosts of a network, and what they say of each other."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

from dvara_up import eventually
from network import MACHINE, Host, Network
from network_postgres import NetworkPostgres
from service import METRICS_KEY, Build, Service

PATIENCE = 30.0
"""A busy machine must not fail a test."""


class ReachablePostgres(NetworkPostgres):
    """A database that the hosts of the network reach."""

    def start(self) -> ReachablePostgres:
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(f"listen_addresses = '127.0.0.1,{MACHINE}'\n")
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        options = f"-k {self.folder} -p {self.port}"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options)
        return self

    def datasource(self, database: str = "postgres") -> dict[str, str]:
        return {**super().datasource(database), "SPRING_DATASOURCE_URL": f"jdbc:postgresql://{MACHINE}:{self.port}/{database}"}


class Gateway(Service):
    """A gateway on a host of its own. Unlike other tests' it is told nothing of a fleet: no seeds, and multicast as it is by default."""

    def __init__(self, build: Build, host: Host, database: dict[str, str], folder: Path, settings: dict[str, str | None]):
        self.on = host
        given = {**database, "DVARA_CLUSTER_MULTICAST": None, "HOSTNAME": host.namespace, **settings}
        super().__init__(build, "gateway", given, folder, host=host.address, within=host.within)

    def cluster(self) -> dict:
        return self.status()["cluster"]

    def size(self) -> int:
        return self.cluster()["size"]

    def metric(self, name: str) -> int:
        text = self.get("/actuator/prometheus", METRICS_KEY).text
        found = re.search(rf"^{name} (\d+)$", text, re.MULTILINE)
        assert found, f"no {name}"
        return int(found[1])

    def call(self, key: str) -> int:
        """The status of a call that costs nothing."""
        return self.ask(urllib.request.Request(f"{self.url}/v1/models", headers={"Authorization": f"Bearer {key}"})).status


class Fleet:
    """All gateways of one test on one database."""

    def __init__(self, build: Build, network: Network, database: dict[str, str], folder: Path):
        self.build, self.network, self.database, self.folder = build, network, database, folder
        self.gateways: list[Gateway] = []

    def add(self, **settings: str | None) -> Gateway:
        number = len(self.gateways) + 1
        self.gateways.append(Gateway(self.build, self.network.host(), self.database, self.folder / f"gateway-{number}", settings))
        return self.gateways[-1].start()

    def of(self, count: int, **settings: str | None) -> list[Gateway]:
        """So many more gateways, which all see each other."""
        added = [self.add(**settings) for _ in range(count)]
        sees(self.gateways, len(self.gateways))
        return added

    def key(self) -> str:
        """A key that every gateway knows."""
        one = self.gateways[0]
        one.run("tenant", "create", "Acme", "--id", "acme")
        made = one.run("key", "create", "ci", "--tenant", "acme").stdout
        self.key_id = re.search(r"key_[a-z0-9]+", made).group()
        key = re.search(r"gw_[0-9a-f]{40}", made).group()
        for gateway in self.gateways:
            eventually(lambda gateway=gateway: gateway.call(key) == 200, "every gateway knows the key", PATIENCE)
        return key

    def clean_up(self) -> None:
        for gateway in self.gateways:
            gateway.clean_up()


def sees(gateways: list[Gateway], size: int) -> None:
    """Waits until each of them sees so many members, itself among them."""
    for gateway in gateways:
        eventually(lambda gateway=gateway: gateway.size() == size, f"{gateway.on.namespace} sees {size} members", PATIENCE)
