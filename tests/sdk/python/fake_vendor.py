"""A fake vendor: OpenAI's and Anthropic's APIs in their wire formats, for one machine and without a model.

The dialects are in fake_openai.py and fake_anthropic.py, what is said in said.py; here are the server, the scenarios of
failing, and the memory of what arrived. Whether the shapes are right is not for these files to say: the types of the
official SDKs judge what goes in and out, and test_fake_vendor.py has the SDKs read every scenario straight from here.

The scenario is the part of the model's name between `gpt-fake-` or `claude-fake-` and an optional `--`:
`gpt-fake-tools--k3` is the scenario `tools`, and whoever chose `k3` finds that call again under
`GET /_fake/calls?model=gpt-fake-tools--k3`. So tests share a vendor and no state.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import fake_anthropic
import fake_openai
from fake_openai import KEY, MODELS, USAGE
from said import FILLERS, said
from wire import Refused

__all__ = ["KEY", "MODELS", "USAGE", "Call", "FakeVendor"]

DIALECTS: dict[str, ModuleType] = {dialect.PATH: dialect for dialect in (fake_openai, fake_anthropic)}

WAIT_FOR_CLIENT_SECONDS = 20.0
"""How long a stalled answer waits for its client to leave before it gives up."""

SLOW = {"slow", "slow-leak"}
"""Scenarios whose streams take their time."""

EVENTS_BEFORE_THE_END = {fake_openai: 2, fake_anthropic: 4}
"""How much of a stream comes before it stalls or breaks: up to the first piece of text."""


@dataclass
class Call:
    """One request as the vendor saw it."""

    method: str
    path: str
    model: str
    headers: dict[str, str]
    body: str
    closed_by_client: bool = False
    finished: bool = field(default=False)


class FakeVendor:
    """The server on a port of its own. Use it as a context manager."""

    def __init__(self, port: int = 0):
        self.calls: list[Call] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.vendor = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def call(self, model: str) -> Call:
        """The one call for a model."""
        calls = [call for call in self.calls if call.model == model]
        assert len(calls) == 1, f"{len(calls)} calls for {model}"
        return calls[0]

    def __enter__(self) -> FakeVendor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    vendor: FakeVendor

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is what some tests are about; everything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        pass

    # --- routes ------------------------------------------------------------------------------------------------

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        dialect = {"/v1/models": fake_openai, "/anthropic/v1/models": fake_anthropic}.get(target.path)
        if target.path == "/_fake/calls":
            model = parse_qs(target.query).get("model", [""])[0]
            self._json(200, [asdict(call) for call in self.server.vendor.calls if call.model == model])
        elif dialect:
            self._answer(lambda: dialect.authorise(self._headers()) or self._json(200, dialect.models()))
        else:
            self._json(404, fake_openai.error(f"Invalid URL (GET {target.path})", "invalid_request_error"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        dialect = DIALECTS.get(self.path)
        if not dialect and self.path != fake_openai.EMBEDDINGS:
            return self._json(404, fake_openai.error(f"Invalid URL (POST {self.path})", "invalid_request_error"))
        request = json.loads(body)
        call = Call("POST", self.path, request.get("model", ""), self._headers(), body.decode())
        self.server.vendor.calls.append(call)
        try:
            self._answer(lambda: self._complete(dialect, call, request) if dialect else self._embed(call, request))
        except ConnectionError:
            # It left while it was being written to.
            call.closed_by_client = True
            raise
        call.finished = True

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _answer(self, answer) -> None:
        try:
            answer()
        except Refused as refused:
            self._json(refused.status, refused.body, refused.headers)

    # --- scenarios ---------------------------------------------------------------------------------------------

    def _complete(self, dialect: ModuleType, call: Call, request: dict) -> None:
        dialect.authorise(call.headers)
        scenario = call.model.removeprefix(dialect.PREFIX).split("--")[0]
        if scenario.startswith("status-"):
            raise dialect.status(int(scenario.removeprefix("status-")))
        if scenario in _HEADS:
            return _HEADS[scenario](self, call)
        dialect.check(scenario, call.body.encode())
        answer = said(scenario, dialect.turns(request))
        if request.get("stream"):
            self._stream(dialect, call, scenario, dialect.events(request, answer))
        else:
            self._json(200, dialect.whole(request, answer))

    def _embed(self, call: Call, request: dict) -> None:
        fake_openai.authorise(call.headers)
        self._json(200, fake_openai.embeddings(request, call.body.encode()))

    def stall_head(self, call: Call) -> None:
        """Not even a head: the vendor thinks for longer than anybody waits."""
        self._wait_for_client_to_leave(call)

    def garbage(self, _: Call) -> None:
        """A success that is no JSON."""
        self._send(200, "application/json", b'{"id": "chatcmpl-fake", "choices": [{"mess')

    def html(self, _: Call) -> None:
        """What a proxy in front of the vendor says when it has nobody to ask."""
        self._send(502, "text/html", b"<html><body><h1>502 Bad Gateway</h1>Sorry about that!</body></html>")

    def html_success(self, _: Call) -> None:
        """A page for people, with a success's status."""
        self._send(200, "text/html", b"<html><body>Please sign in. Sorry about that!</body></html>")

    def hang_up(self, _: Call) -> None:
        """The connection closes before the head."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _stream(self, dialect: ModuleType, call: Call, scenario: str, events: Iterator[bytes]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("x-request-id", "req_fake")
        self.end_headers()
        if scenario in _BROKEN_ENDS:
            for _ in range(EVENTS_BEFORE_THE_END[dialect]):
                self._chunk(next(events))
            return _BROKEN_ENDS[scenario](self, call, dialect, next(events))
        for event in [*events, dialect.END]:
            self._event(scenario, event)
        self._chunk(b"")

    def _event(self, scenario: str, event: bytes) -> None:
        if scenario == "drip":
            # A byte a chunk: events, words and characters are all cut.
            for byte in event:
                self._chunk(bytes([byte]))
        elif event:
            self._chunk(event)
        if scenario in SLOW:
            time.sleep(0.05)

    def stall(self, call: Call, dialect: ModuleType, _: bytes) -> None:
        """Nothing more comes, and the connection stays."""
        self._wait_for_client_to_leave(call)

    def die(self, call: Call, dialect: ModuleType, _: bytes) -> None:
        """The connection resets in the middle of the stream."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()
        self.close_connection = True

    def cut(self, call: Call, dialect: ModuleType, event: bytes) -> None:
        """The connection closes in the middle of an event, without the end of the chunked body."""
        self._chunk(event[:20])
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def cut_character(self, call: Call, dialect: ModuleType, event: bytes) -> None:
        """The body ends properly, in the middle of an event and of a character."""
        self._chunk(event[: event.index(b'"')] + b'"caf\xc3')
        self._chunk(b"")

    def garbage_event(self, call: Call, dialect: ModuleType, event: bytes) -> None:
        """An event that is no JSON, and then the proper end of the body."""
        self._chunk(event[: event.index(b"{")] + b"{]\n\n")
        self._chunk(b"")

    def stop_early(self, call: Call, dialect: ModuleType, _: bytes) -> None:
        """The body ends properly, but nothing was finished: no reason to stop, no end of the stream."""
        self._chunk(b"")

    def error_event(self, call: Call, dialect: ModuleType, _: bytes) -> None:
        """The vendor reports a failure inside the stream."""
        self._chunk(dialect.error_event())
        self._chunk(b"")

    def _wait_for_client_to_leave(self, call: Call) -> None:
        deadline = time.monotonic() + WAIT_FOR_CLIENT_SECONDS
        while time.monotonic() < deadline:
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            try:
                if readable and not self.connection.recv(1, socket.MSG_PEEK):
                    call.closed_by_client = True
                    break
            except ConnectionError:
                call.closed_by_client = True
                break
        self.close_connection = True

    # --- writing -----------------------------------------------------------------------------------------------

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, value: object, headers: dict | None = None) -> None:
        data = json.dumps(value, ensure_ascii=False).encode()
        for filler, size in FILLERS.items():
            if filler.encode() in data:
                data = data.replace(filler.encode(), b"x" * size)
        self._send(status, "application/json", data, headers)

    def _send(self, status: int, media_type: str, data: bytes, headers: dict | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(data)))
        self.send_header("x-request-id", "req_fake")
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)


_HEADS = {
    "stall-head": _Handler.stall_head,
    "garbage": _Handler.garbage,
    "html": _Handler.html,
    "html-success": _Handler.html_success,
    "hang-up": _Handler.hang_up,
}
"""Scenarios whose answer is none, streamed or not."""

_BROKEN_ENDS = {
    "stall": _Handler.stall,
    "die": _Handler.die,
    "cut": _Handler.cut,
    "cut-character": _Handler.cut_character,
    "garbage-event": _Handler.garbage_event,
    "stop-early": _Handler.stop_early,
    "error-event": _Handler.error_event,
}
"""Scenarios whose streams begin well and have no good end."""
