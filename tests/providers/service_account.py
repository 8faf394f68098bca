"""Google's side of a service account: a key made for the run, and the server that gives tokens for what is signed with it.

After https://developers.google.com/identity/protocols/oauth2/service-account. The signature is checked by `google-auth`.
"""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import google.auth.exceptions
import google.auth.jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GOOGLE = "https://oauth2.googleapis.com/token"
"""The audience in the documentation's example, which Google's own library names whatever the key file says."""

EMAIL = "judge@judge-project.iam.gserviceaccount.com"
LONGEST_SECONDS = 3600


class ServiceAccounts:
    """The server. Use it as a context manager."""

    def __init__(self):
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.tokens: list[str] = []
        """What was given out, in order."""
        self.refusals: list[str] = []
        """Why something was not."""

    def __enter__(self) -> ServiceAccounts:
        accounts = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                status, answer = accounts.answer({name: values[0] for name, values in form.items()})
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing: a failed test shows what was refused."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def token_uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/token"

    @property
    def key_file(self) -> str:
        """The JSON that Google gives out for a service account."""
        return self.key_file_for(self.token_uri)

    def key_file_for(self, token_uri: str) -> str:
        """The same with the address of another server."""
        pem = self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "judge-project",
                "private_key_id": "k1",
                "private_key": pem.decode(),
                "client_email": EMAIL,
                "client_id": "1",
                "token_uri": token_uri,
            }
        )

    def answer(self, form: dict[str, str]) -> tuple[int, dict]:
        """A token, or why there is none."""
        if wrong := self._wrong(form):
            self.refusals.append(wrong)
            return 400, {"error": "invalid_grant", "error_description": wrong}
        self.tokens.append(f"ya29.{uuid.uuid4().hex}")
        return 200, {"access_token": self.tokens[-1], "expires_in": LONGEST_SECONDS, "token_type": "Bearer"}

    def _wrong(self, form: dict[str, str]) -> str | None:
        if form.get("grant_type") != GRANT:
            return f"grant_type: {form.get('grant_type')}"
        try:
            claims = google.auth.jwt.decode(form.get("assertion", ""), certs=self._public_key(), audience=[self.token_uri, GOOGLE])
        except (ValueError, google.auth.exceptions.GoogleAuthError) as error:
            return str(error)
        if claims.get("iss") != EMAIL or SCOPE not in claims.get("scope", "").split():
            return f"iss or scope: {claims}"
        return None if claims["exp"] - claims["iat"] <= LONGEST_SECONDS else "exp: more than an hour after iat"

    def accepts(self, authorization: str) -> bool:
        """Whether a request is let in: by a token given out here, or by one signed by the account for itself (AIP-4111)."""
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer":
            return False
        if token in self.tokens:
            return True
        try:
            claims = google.auth.jwt.decode(token, certs=self._public_key())
        except (ValueError, google.auth.exceptions.GoogleAuthError):
            return False
        return claims.get("iss") == claims.get("sub") == EMAIL and SCOPE in claims.get("scope", "").split()

    def _public_key(self) -> bytes:
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
