"""A PostgreSQL that speaks TLS with a certificate of its own."""

from __future__ import annotations

import os
import subprocess

from network_postgres import NetworkPostgres


class TlsPostgres(NetworkPostgres):
    def start(self) -> TlsPostgres:
        key, certificate = self.data / "server.key", self.data / "server.crt"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        for file in (key, certificate):
            file.chmod(0o600)
            if self.user is not None:
                os.chown(file, self.user, -1)
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write("ssl = on\n")
        super().start()
        return self
