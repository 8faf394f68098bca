"""A fake vendor: OpenAI's chat completions API in its wire format, for one machine and without a model.

The shapes are those of the published reference (API reference, "Chat": the chat completion object, the chat
completion chunk object; "Models"; "Errors"), including what today's answers carry beside the documented minimum:
`refusal`, `annotations`, `logprobs`, the token details, `service_tier`, `system_fingerprint`, and in streams
`obfuscation`. Whether the shapes are right is not for this file to say: test_fake_vendor.py has the official SDK read
every scenario straight from here.

The scenario is the part of the model's name between `gpt-fake-` and an optional `--`: `gpt-fake-tools--k3` is the
scenario `tools`, and whoever chose `k3` finds that call again under `GET /_fake/calls?model=gpt-fake-tools--k3`.
So tests share a vendor and no state.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = "sk-test-of-the-fake-vendor"
"""The only credential that the vendor accepts."""

MODELS = ["gpt-4o-mini", "gpt-fake-text"]
"""What `GET /v1/models` lists."""

WAIT_FOR_CLIENT_SECONDS = 20.0
"""How long a stalled answer waits for its client to leave before it gives up."""


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
        if target.path == "/_fake/calls":
            model = parse_qs(target.query).get("model", [""])[0]
            self._json(200, [asdict(call) for call in self.server.vendor.calls if call.model == model])
        elif target.path == "/v1/models":
            models = [{"id": model, "object": "model", "created": 1721172741, "owned_by": "system"} for model in MODELS]
            self._authorised() and self._json(200, {"object": "list", "data": models})
        else:
            self._error(404, f"Invalid URL (GET {target.path})", "invalid_request_error", None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path != "/v1/chat/completions":
            return self._error(404, f"Invalid URL (POST {self.path})", "invalid_request_error", None)
        request = json.loads(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call("POST", self.path, request.get("model", ""), headers, body.decode())
        self.server.vendor.calls.append(call)
        if self._authorised():
            self._complete(call, request)
        call.finished = True

    def _authorised(self) -> bool:
        if self.headers.get("authorization") == f"Bearer {KEY}":
            return True
        shown = (self.headers.get("authorization") or "nothing").removeprefix("Bearer ")
        self._error(
            401,
            f"Incorrect API key provided: {shown[:8]}***{shown[-4:]}.",
            "invalid_request_error",
            "invalid_api_key",
        )
        return False

    # --- scenarios ---------------------------------------------------------------------------------------------

    def _complete(self, call: Call, request: dict) -> None:
        scenario = call.model.removeprefix("gpt-fake-").split("--")[0]
        if scenario.startswith("status-"):
            return self._refuse(int(scenario.removeprefix("status-")))
        if scenario == "stall-head":
            return self._wait_for_client_to_leave(call)
        answer = _ANSWERS.get(scenario, text)(request)
        if not request.get("stream"):
            return self._json(200, completion(request, answer))
        if scenario == "huge-event":
            answer = {"content": "x" * 300_000}
        self._stream(call, request, scenario, answer)

    def _refuse(self, status: int) -> None:
        message, kind, code = {
            400: ("Unsupported value: 'temperature' does not support 3 with this model.", "invalid_request_error", "unsupported_value"),
            401: (f"Incorrect API key provided: {KEY[:8]}***{KEY[-4:]}.", "invalid_request_error", "invalid_api_key"),
            403: ("Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"),
            404: ("The model `gpt-fake` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"),
            429: ("Rate limit reached for gpt-fake in organization org-fake on requests per min.", "requests", "rate_limit_exceeded"),
            500: ("The server had an error while processing your request. Sorry about that!", "server_error", None),
            503: ("The engine is currently overloaded, please try again later", "server_error", None),
        }[status]
        headers = {"retry-after": "7", "retry-after-ms": "7000"} if status == 429 else {}
        self._error(status, message, kind, code, headers)

    def _stream(self, call: Call, request: dict, scenario: str, answer: dict) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("x-request-id", "req_fake")
        self.end_headers()
        events = chunks(request, answer)
        if scenario == "stall":
            self._chunk(sse(events[0]) + sse(events[1]))
            return self._wait_for_client_to_leave(call)
        if scenario in _BROKEN_ENDS:
            self._chunk(sse(events[0]) + sse(events[1]))
            return _BROKEN_ENDS[scenario](self, events)
        for event in events:
            self._chunk(sse(event))
            if scenario == "slow":
                time.sleep(0.05)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def die(self, _: list[dict]) -> None:
        """The connection resets in the middle of the stream."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()
        self.close_connection = True

    def cut(self, _: list[dict]) -> None:
        """The connection closes in the middle of an event, without the end of the chunked body."""
        self._chunk(b'data: {"id":"chatcmpl-fa')
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def stop_early(self, _: list[dict]) -> None:
        """The body ends properly, but nothing was finished: no finish reason, no `[DONE]`."""
        self._chunk(b"")

    def error_event(self, _: list[dict]) -> None:
        """The vendor reports a failure inside the stream."""
        error = {"message": "The server had an error while processing your request.", "type": "server_error", "param": None, "code": None}
        self._chunk(sse({"error": error}))
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

    def _error(self, status: int, message: str, kind: str, code: str | None, headers: dict | None = None) -> None:
        error = {"message": message, "type": kind, "param": None, "code": code}
        self._json(status, {"error": error}, headers)

    def _json(self, status: int, value: object, headers: dict | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("x-request-id", "req_fake")
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)


_BROKEN_ENDS = {"die": _Handler.die, "cut": _Handler.cut, "stop-early": _Handler.stop_early, "error-event": _Handler.error_event}


# --- what the model says -----------------------------------------------------------------------------------------


def text(request: dict) -> dict:
    """Says what it was told, so that a test sees what reached the vendor."""
    said = " | ".join(f"{message['role']}: {_plain(message.get('content'))}" for message in request["messages"])
    return {"content": f"I read: {said} – ok ✓"}


def tools(request: dict) -> dict:
    return {"tool_calls": [("call_fake_1", "get_weather", '{"city": "Zürich", "unit": "celsius"}')]}


def parallel_tools(request: dict) -> dict:
    return {
        "tool_calls": [
            ("call_fake_1", "get_weather", '{"city": "Zürich"}'),
            ("call_fake_2", "get_time", '{"zone": "Europe/Zurich", "style": {"seconds": false}}'),
        ]
    }


def structured(request: dict) -> dict:
    assert request["response_format"]["type"] == "json_schema", request["response_format"]
    return {"content": '{"city": "Zürich", "inhabitants": 434008, "lakes": ["Zürichsee", "Katzensee"]}'}


_ANSWERS = {"tools": tools, "parallel-tools": parallel_tools, "structured": structured}

USAGE = {
    "prompt_tokens": 1117,
    "completion_tokens": 46,
    "total_tokens": 1163,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 12,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
"""What every call is said to have used."""


def _plain(content: object) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", f"<{part['type']}>") for part in content)
    return str(content)


def _head(request: dict, kind: str) -> dict:
    # Vendors answer with the dated name of the model that served.
    model = f"{request['model']}-2026-11-01"
    return {"id": "chatcmpl-fake", "object": kind, "created": 1795305600, "model": model}


def completion(request: dict, answer: dict) -> dict:
    """The chat completion object."""
    message: dict = {"role": "assistant", "content": answer.get("content"), "refusal": None, "annotations": []}
    if "tool_calls" in answer:
        message["tool_calls"] = [
            {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id, name, arguments in answer["tool_calls"]
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    return _head(request, "chat.completion") | {
        "choices": [choice],
        "usage": USAGE,
        "service_tier": "default",
        "system_fingerprint": "fp_fake",
        "field_of_tomorrow": {"kept": [1, 2.50, None]},
    }


def chunks(request: dict, answer: dict) -> list[dict]:
    """The chat completion chunk objects, in order, without `[DONE]`."""
    asked = (request.get("stream_options") or {}).get("include_usage")
    head = _head(request, "chat.completion.chunk") | {"service_tier": "default", "system_fingerprint": "fp_fake"}

    def chunk(delta: dict, finish: str | None = None) -> dict:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        # With include_usage every chunk has the member, null until the last one.
        return head | {"choices": [choice]} | ({"usage": None} if asked else {}) | {"obfuscation": "xY3"}

    deltas: list[dict] = [{"role": "assistant", "content": "" if "content" in answer else None, "refusal": None}]
    if "content" in answer:
        deltas += [{"content": piece} for piece in _pieces(answer["content"])]
    for index, (id, name, arguments) in enumerate(answer.get("tool_calls", [])):
        opening = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}
        deltas.append({"tool_calls": [opening]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in _pieces(arguments)]
    events = [chunk(delta) for delta in deltas] + [chunk({}, _finish(answer))]
    if asked:
        events.append(head | {"choices": [], "usage": USAGE, "obfuscation": ""})
    return events


def _finish(answer: dict) -> str:
    return "tool_calls" if "tool_calls" in answer else "stop"


def _pieces(whole: str) -> list[str]:
    size = 7 if len(whole) < 10_000 else len(whole)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def sse(event: dict) -> bytes:
    """One server-sent event. Not ASCII only: the pieces cut words, not characters."""
    return b"data: " + json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
