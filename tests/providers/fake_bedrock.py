"""A fake Bedrock for one machine and without a model: who does not sign is refused, what is said is judged by AWS's model.

It answers Converse and ConverseStream. What the model says depends on how the user's last message begins; see SAYINGS.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import oracle_bedrock
from aws_signature import Account, Received, Rejected, check
from event_stream import frame

REGION = "eu-central-1"
USAGE = {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
CALL = {"toolUseId": "tooluse_1", "name": "get_weather"}
ARGUMENTS = {"city": "Zürich"}
THOUGHT, SIGNATURE = "First the lake – “See” –", "c2lnbmVk"

ERRORS = {"MissingAuthenticationTokenException": 403, "UnrecognizedClientException": 403, "InvalidSignatureException": 403, "ExpiredTokenException": 403}
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html; the operations' own are in the model."""


def blocks(said: str) -> list[dict]:
    """The content of the answer to a message."""
    if said.startswith("tools"):
        return [{"text": "Let me look."}, {"toolUse": {**CALL, "input": ARGUMENTS}}]
    if said.startswith("thinking"):
        return [{"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": SIGNATURE}}}, {"text": f"I read: {said}"}]
    return [{"text": f"I read: {said}"}]


def stop_reason(content: list[dict]) -> str:
    return "tool_use" if any("toolUse" in block for block in content) else "end_turn"


def answer(said: str) -> dict:
    """An answer of Converse."""
    content = blocks(said)
    message = {"role": "assistant", "content": content}
    return oracle_bedrock.answer({"output": {"message": message}, "stopReason": stop_reason(content), "usage": USAGE, "metrics": {"latencyMs": 1}})


def stream(said: str) -> Iterator[bytes]:
    """The frames of ConverseStream. `throttled` breaks off with an exception of the stream, `torn` within a frame."""
    events = list(_events(said))
    for kind, payload in events:
        oracle_bedrock.event(kind, payload)
    frames = [frame(kind, payload) for kind, payload in events]
    if said.startswith("throttled"):
        frames = [*frames[:2], frame("throttlingException", {"message": "too many tokens"}, exception=True)]
    if said.startswith("torn"):
        frames = [*frames[:2], frames[2][:-5]]
    yield from frames


def _events(said: str) -> Iterator[tuple[str, dict]]:
    content = blocks(said)
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(content):
        if "toolUse" in block:
            yield "contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": CALL}}
        for delta in _deltas(block):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": stop_reason(content)}
    yield "metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}}


def _deltas(block: dict) -> Iterator[dict]:
    if "toolUse" in block:
        for piece in _pieces(json.dumps(block["toolUse"]["input"], ensure_ascii=False)):
            yield {"toolUse": {"input": piece}}
    elif "reasoningContent" in block:
        for piece in _pieces(block["reasoningContent"]["reasoningText"]["text"]):
            yield {"reasoningContent": {"text": piece}}
        yield {"reasoningContent": {"signature": SIGNATURE}}
    else:
        for piece in _pieces(block["text"]):
            yield {"text": piece}


def _pieces(text: str) -> list[str]:
    return [text[at : at + 6] for at in range(0, len(text), 6)]


class FakeBedrock:
    """The server. `api_key` is one of Bedrock's own, for calls that are not signed. Use it as a context manager."""

    def __init__(self, accounts: list[Account], api_key: str | None = None):
        self.accounts, self.api_key = accounts, api_key
        self.signers: list[str] = []
        """Whose requests were served, in order: access keys, or `api key`."""
        self.rejections: list[Rejected] = []
        self.models: list[str] = []
        self.bodies: list[dict] = []

    def __enter__(self) -> FakeBedrock:
        bedrock = self

        class Handler(_Handler):
            fake = bedrock

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def admit(self, request: Received) -> None:
        """Lets the request in and notes who it is of, or raises Rejected."""
        if self.api_key and request.headers.get("authorization") == f"Bearer {self.api_key}":
            self.signers.append("api key")
            return
        self.signers.append(check(request, self.accounts, region=REGION, service="bedrock").access_key)

    def read(self, request: Received) -> str:
        """What the user says last; raises Rejected for what AWS's model does not know."""
        path = request.target.partition("?")[0]
        if found := oracle_bedrock.request(request.body, path):
            raise Rejected("ValidationException", "; ".join(found))
        body = json.loads(request.body)
        self.models.append(unquote(path.split("/")[2]))
        self.bodies.append(body)
        return "".join(block.get("text", "") for block in body["messages"][-1]["content"]) or "results"


class _Handler(BaseHTTPRequestHandler):
    fake: FakeBedrock
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = Received("POST", self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        try:
            self.fake.admit(request)
            said = self.fake.read(request)
            if said.startswith("busy"):
                raise Rejected("ThrottlingException", "too many requests")
        except Rejected as rejected:
            self.fake.rejections.append(rejected)
            self._refuse(rejected)
            return
        if self.path.endswith("/converse-stream"):
            self._stream(said)
        else:
            self._send(200, answer(said), {})

    def _refuse(self, rejected: Rejected) -> None:
        known = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in oracle_bedrock.operation(stream=False).error_shapes}
        kind = {"x-amzn-ErrorType": f"{rejected.error}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
        self._send((ERRORS | known)[rejected.error], {"message": rejected.message}, kind)

    def _send(self, status: int, value: dict, headers: dict[str, str]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, content in {"content-type": "application/json", "content-length": str(len(body)), "x-amzn-requestid": "r-1", **headers}.items():
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, said: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for each in stream(said):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(each), each))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Says nothing: a failed test shows what was rejected."""
