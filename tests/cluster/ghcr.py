"""A stand-in for ghcr.io: a registry on this machine, a certificate of that name, and a way there for who asks for it.

Nothing of the machine is changed. Helm is told of a proxy, as behind many a company's wall; the proxy brings what is
meant for ghcr.io here, and the certificate is checked as it would be there, under an authority that lives as long as this.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from dvara_up import eventually
from kube import answers, free_port

NAME = "ghcr.io"


class Ghcr:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dvara-ghcr-", dir="/tmp"))
        self._certificate()
        self.port = free_port()
        settings = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}},
            "http": {"addr": f"127.0.0.1:{self.port}", "tls": {"certificate": self._file("server.crt"), "key": self._file("server.key")}},
        }
        # JSON is YAML.
        (self.folder / "config.yml").write_text(json.dumps(settings))
        self.process = subprocess.Popen(
            ["docker-registry", "serve", self._file("config.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(lambda: answers("127.0.0.1", self.port), "the registry listens", 30)
        self.proxy = Proxy(f"{NAME}:443", ("127.0.0.1", self.port))

    def environment(self, beside: str) -> dict[str, str]:
        """What makes a program find us under that name; `beside` is a host that it goes on reaching directly."""
        return {"HTTPS_PROXY": self.proxy.url, "NO_PROXY": beside, "SSL_CERT_FILE": self._file("ca.crt")}

    def stop(self) -> None:
        self.proxy.stop()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, name: str) -> str:
        return str(self.folder / name)

    def _certificate(self) -> None:
        (self.folder / "names").write_text(f"subjectAltName=DNS:{NAME}\n")
        for command in (
            "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.crt -subj /CN=throwaway",
            f"req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN={NAME}",
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out server.crt -extfile names",
        ):
            done = subprocess.run(["openssl", *command.split()], cwd=self.folder, capture_output=True, text=True)
            assert done.returncode == 0, f"openssl {command}:\n{done.stderr}"


class Proxy:
    """An HTTP proxy that knows one name, and whose word for every other is no."""

    def __init__(self, name: str, address: tuple[str, int]):
        self._name, self._address = name, address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (data := client.recv(4096)):
            head += data
        if not head.startswith(f"CONNECT {self._name} ".encode()):
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        server = socket.create_connection(self._address)
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=copy, args=(server, client), daemon=True).start()
        copy(client, server)


def copy(source: socket.socket, sink: socket.socket) -> None:
    """Carries bytes one way until there are no more."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def without_proxies() -> dict[str, str]:
    """This process's environment, but for what would lead a program elsewhere."""
    return {name: value for name, value in os.environ.items() if name.upper() not in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")}
