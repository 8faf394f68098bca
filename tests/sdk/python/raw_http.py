"""HTTP by hand: bytes over a socket, for what no well-behaved client would send."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from dvara_up import DvaraUp


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict:
        """The error object of the envelope, which every refusal of ours has."""
        error = json.loads(self.body)["error"]
        assert {"message", "type", "code", "trace_id"} <= error.keys(), error
        assert error["trace_id"] == self.headers["x-trace-id"]
        return error


def exchange(gateway: DvaraUp, request: bytes, *, seconds: float = 10.0) -> list[Answer]:
    """Sends the bytes, then reads answers until the gateway closes or there is nothing left to expect.

    Our side is left open: a gateway that waits for more must close by itself or answer. A reset is an error of the test's
    subject and raises.
    """
    address = urlsplit(gateway.url)
    with socket.create_connection((address.hostname, address.port), timeout=seconds) as connection:
        connection.sendall(request)
        return list(_answers(connection))


def one(gateway: DvaraUp, request: bytes, **options) -> Answer:
    """The one answer to a request that says `Connection: close`, or that ends the connection by being what it is."""
    answers = exchange(gateway, request, **options)
    assert len(answers) == 1, f"{len(answers)} answers: {[(answer.status, answer.body[:200]) for answer in answers]}"
    return answers[0]


def request(gateway: DvaraUp, method: str, target: str, headers: list[str] | None = None, body: bytes = b"") -> bytes:
    """A complete request with a key, `Connection: close` and the body's length, and then these headers."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(gateway.url).netloc}", "Connection: close"]
    given = headers or []
    names = {line.split(":")[0].strip().lower() for line in given}
    if "authorization" not in names:
        lines.append(f"Authorization: Bearer {gateway.key}")
    if method == "POST":
        lines += [] if "content-type" in names else ["Content-Type: application/json"]
        lines += [] if names & {"content-length", "transfer-encoding"} else [f"Content-Length: {len(body)}"]
    return "\r\n".join(lines + given).encode("latin-1") + b"\r\n\r\n" + body


def chat(gateway: DvaraUp, body: bytes | str, headers: list[str] | None = None) -> Answer:
    """A chat call with this body, whatever it is."""
    body = body.encode() if isinstance(body, str) else body
    return one(gateway, request(gateway, "POST", "/v1/chat/completions", headers, body))


def _answers(connection: socket.socket):
    buffer = b""

    def more() -> bool:
        nonlocal buffer
        received = connection.recv(65536)
        buffer += received
        return bool(received)

    while True:
        while b"\r\n\r\n" not in buffer:
            if not more():
                assert not buffer, f"the connection closed inside a head: {buffer[:200]!r}"
                return
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        status = int(status_line.split()[1])
        if status == 100:
            continue
        assert "transfer-encoding" not in headers, "these requests have answers of a known length"
        length = int(headers.get("content-length", 0))
        while len(buffer) < length:
            assert more(), "the connection closed inside a body"
        body, buffer = buffer[:length], buffer[length:]
        yield Answer(status, headers, body)
        if headers.get("connection", "").lower() == "close":
            assert not more() and not buffer, f"bytes after the end: {buffer[:200]!r}"
            return
