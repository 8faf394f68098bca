"""Debian's docker-registry on a free port of this machine, and in front of it who asks for tokens."""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

USER, PASSWORD = "publisher", "correct horse"
HASHED = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
"""PASSWORD as the registry's password file has it (bcrypt)."""


class OwnRegistry:
    """A registry with an empty store. With `guarded`, it asks for a user and a password."""

    def __init__(self, *, guarded: bool = False):
        self.folder = Path(tempfile.mkdtemp(prefix="dvara-registry-", dir="/tmp"))
        self.host = f"127.0.0.1:{free_port()}"
        settings = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}},
            "http": {"addr": self.host},
        }
        if guarded:
            (self.folder / "users").write_text(f"{USER}:{HASHED}\n")
            settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(self.folder / "users")}}
        # JSON is YAML.
        (self.folder / "config.yml").write_text(json.dumps(settings))
        self.process = subprocess.Popen(["docker-registry", "serve", self.folder / "config.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def blobs(self) -> set[str]:
        """The digests of all that is stored."""
        return {f"sha256:{path.parent.name}" for path in self.folder.glob("store/docker/registry/v2/blobs/sha256/*/*/data")}

    def clean_up(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, seconds: float = 30.0) -> None:
        host, _, port = self.host.partition(":")
        deadline = time.monotonic() + seconds
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) == 0:
                    return
            assert self.process.poll() is None and time.monotonic() < deadline, "docker-registry does not listen"
            time.sleep(0.02)


class TokenGate:
    """A registry that answers strangers as ghcr.io does: with where to get a token for which scope.

    It is in front of another registry, to which it passes what carries a token that it gave for that repository.
    """

    def __init__(self, behind: str):
        gate = self
        self.scopes: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path.startswith("/token?"):
                    return gate.give_token(self)
                if self.headers.get("Authorization") != f"Bearer token for {repository_of(self.path)}":
                    scope = f"repository:{repository_of(self.path)}:pull"
                    challenge = f'Bearer realm="http://{gate.host}/token",service="tests",scope="{scope}"'
                    return answer(self, 401, {"WWW-Authenticate": challenge}, b"{}")
                gate.pass_on(self, behind, body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def give_token(self, request: http.server.BaseHTTPRequestHandler) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if request.headers.get("Authorization") != expected or query["service"] != ["tests"]:
            return answer(request, 403, {}, b"{}")
        self.scopes += query["scope"]
        repository = query["scope"][0].split(":")[1]
        answer(request, 200, {}, json.dumps({"token": f"token for {repository}"}).encode())

    def pass_on(self, request: http.server.BaseHTTPRequestHandler, behind: str, body: bytes) -> None:
        connection = http.client.HTTPConnection(behind, timeout=60)
        kept = {name: value for name, value in request.headers.items() if name.lower() not in {"authorization", "connection"}}
        connection.request(request.command, request.path, body, kept)
        response = connection.getresponse()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in {"content-length", "transfer-encoding"}}
        answer(request, response.status, headers, response.read())
        connection.close()

    def clean_up(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def answer(request: http.server.BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)


def repository_of(path: str) -> str:
    parts = path.split("?")[0].removeprefix("/v2/").split("/")
    return "/".join(parts[: next(i for i, part in enumerate(parts) if part in {"manifests", "blobs"})])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
