"""Single gateways, asked at the address of their pod."""

from __future__ import annotations

import re

import httpx
from kube import Namespace
from load import JSON_MODEL, question


def url_of(pod: dict, port: int = 8080) -> str:
    return f"http://{pod['status']['podIP']}:{port}"


def get(pod: dict, path: str, key: str | None = None, port: int = 8080) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.get(url_of(pod, port) + path, headers=headers, timeout=20, trust_env=False)


def status(pod: dict, key: str) -> dict:
    """/actuator/gateway-status."""
    answer = get(pod, "/actuator/gateway-status", key)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return answer.json()


def metric(pod: dict, key: str, name: str) -> float:
    """The sum of a metric's samples."""
    answer = get(pod, "/actuator/prometheus", key)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    lines = [line for line in answer.text.splitlines() if line.split("{")[0].split(" ")[0] == name]
    assert lines, f"no metric {name} in:\n{answer.text[:2000]}"
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def ask(url: str, key: str, model: str = JSON_MODEL) -> httpx.Response:
    """One chat call, on a connection of its own."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{url}/v1/chat/completions", json=question(model), headers=headers, timeout=30, trust_env=False)


def members(pod: dict, key: str) -> int:
    """How many gateways a gateway counts, itself among them."""
    return status(pod, key)["cluster"]["size"]


def wait_members(namespace: Namespace, pods: list[dict], key: str, count: int, seconds: float = 60) -> None:
    """Waits until each of `pods` counts so many."""
    namespace.eventually(lambda: all(members(pod, key) == count for pod in pods), f"{len(pods)} gateways count {count} members", seconds)


def explained(namespace: Namespace) -> dict[str, tuple[str, str]]:
    """What `dvara config explain` says in a gateway's pod: of each property the value, and where it came from."""
    lines = namespace.dvara("deployment/dvara-server", "config", "explain").splitlines()[1:]
    parts = [re.split(r"\s{2,}", line.strip()) for line in lines]
    return {name: (value, source) for name, value, source in parts}
