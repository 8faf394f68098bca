"""The actuator's pages of a running gateway, read with the keys that `dvara up` made."""

from __future__ import annotations

import http.client
import json
import re
from urllib.parse import urlsplit

from dvara_up import DvaraUp, eventually


def actuator(gateway: DvaraUp, path: str, key: str) -> tuple[int, str]:
    address = urlsplit(gateway.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    secret = json.loads((gateway.data / "secrets.json").read_text())[key]
    connection.request("GET", f"/actuator/{path}", headers={"Authorization": f"Bearer {secret}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def prometheus(gateway: DvaraUp) -> str:
    status, text = actuator(gateway, "prometheus", "actuator_metrics_api_key")
    assert status == 200, text
    return text


def metric(gateway: DvaraUp, name: str) -> float:
    text = prometheus(gateway)
    found = re.search(rf"^{name}(?:_total)? (\S+)$", text, re.MULTILINE)
    assert found, f"no {name} in:\n{text}"
    return float(found[1])


class Growth:
    """How much a counter has grown since this was made, over all of its series that have these labels."""

    def __init__(self, gateway: DvaraUp, name: str, **labels: str):
        self._gateway, self._name = gateway, name
        self._labels = {f'{label}="{value}"' for label, value in labels.items()}
        self._before = self._total()

    def becomes(self, expected: int) -> None:
        """Waits for what is counted beside the call that it is about, and takes no more than that."""
        eventually(lambda: self.so_far() >= expected, f"{self._name} {self._labels} grows by {expected}")
        assert self.so_far() == expected, f"{self._name} {self._labels}"

    def so_far(self) -> int:
        return self._total() - self._before

    def _total(self) -> int:
        series = re.findall(rf"^{self._name}\{{(.*)\}} (\d+)$", prometheus(self._gateway), re.MULTILINE)
        return sum(int(value) for labels, value in series if self._labels <= set(re.findall(r'\w+="[^"]*"', labels)))
