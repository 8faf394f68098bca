"""A client for registries that speak the OCI distribution specification: enough to push images and to read them back."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

import oci

TIMEOUT_SECONDS = 300


class RegistryError(Exception):
    """What a registry refused, with its own words."""


@dataclass
class Registry:
    """One registry: `host` with an optional port. Credentials are what the registry asks for, when it asks."""

    host: str
    plain_http: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    # What the last challenge led to, by repository.
    _authorizations: dict[str, str] = field(default_factory=dict, repr=False)

    def push(self, repository: str, tag: str, image: oci.Image) -> str:
        """Pushes an image, its parts first, and returns its digest. A tag that is another image is left alone."""
        digest = oci.digest_of(image.manifest)
        present = self.digest_of(repository, tag)
        if present not in (None, digest):
            raise RegistryError(f"{self.host}/{repository}:{tag} is already published as {present}: a release is never replaced")
        for blob in (image.config, image.layer):
            self._push_blob(repository, blob)
        self._call("PUT", repository, f"manifests/{tag}", body=image.manifest, headers={"Content-Type": oci.MANIFEST})
        return digest

    def pull(self, repository: str, tag: str) -> oci.Image:
        """Reads an image back. Every part is what its digest says, or this fails."""
        manifest = self._get(repository, f"manifests/{tag}", accept=oci.MANIFEST)
        parts = json.loads(manifest)
        config, *layers = (self._blob(repository, part["digest"]) for part in [parts["config"], *parts["layers"]])
        (layer,) = layers
        return oci.Image(f"{self.host}/{repository}:{tag}", manifest, config, layer)

    def digest_of(self, repository: str, tag: str) -> str | None:
        """The digest under `tag`, if there is one."""
        answer = self._call("HEAD", repository, f"manifests/{tag}", headers={"Accept": oci.MANIFEST}, absent_is_fine=True)
        return answer and answer.headers["Docker-Content-Digest"]

    def _blob(self, repository: str, digest: str) -> bytes:
        blob = self._get(repository, f"blobs/{digest}")
        if oci.digest_of(blob) != digest:
            raise RegistryError(f"{self.host}/{repository} gave other bytes for {digest}")
        return blob

    def _push_blob(self, repository: str, blob: bytes) -> None:
        digest = oci.digest_of(blob)
        if self._call("HEAD", repository, f"blobs/{digest}", absent_is_fine=True):
            return
        upload = self._call("POST", repository, "blobs/uploads/", body=b"").headers["Location"]
        target = urllib.parse.urljoin(self._url(repository, ""), upload)
        target += ("&" if "?" in target else "?") + urllib.parse.urlencode({"digest": digest})
        self._call("PUT", repository, target, body=blob, headers={"Content-Type": "application/octet-stream"})

    def _get(self, repository: str, path: str, accept: str = "*/*") -> bytes:
        return self._call("GET", repository, path, headers={"Accept": accept}).body

    def _url(self, repository: str, path: str) -> str:
        if path.startswith(("http://", "https://")):
            return path
        return f"{'http' if self.plain_http else 'https'}://{self.host}/v2/{repository}/{path}"

    def _call(
        self, method: str, repository: str, path: str, *, body: bytes | None = None, headers: dict | None = None, absent_is_fine: bool = False
    ) -> Answer | None:
        """One request, and once more with an authorization when the registry asks for one."""
        url = self._url(repository, path)
        answer = send(method, url, body, self._headers(repository, headers))
        if answer.status == 401:
            self._authorizations[repository] = self._authorize(repository, answer.headers["WWW-Authenticate"] or "")
            answer = send(method, url, body, self._headers(repository, headers))
        if answer.status == 404 and absent_is_fine:
            return None
        if answer.status >= 300:
            raise RegistryError(f"{method} {url.partition('?')[0]}: {answer.status} {answer.body.decode(errors='replace')[:500]}")
        return answer

    def _headers(self, repository: str, headers: dict | None) -> dict:
        known = self._authorizations.get(repository)
        return {**(headers or {}), **({"Authorization": known} if known else {})}

    def _authorize(self, repository: str, challenge: str) -> str:
        """The header that answers a challenge: the credentials, or a token that they are exchanged for."""
        basic = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic":
            return basic
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if scheme.lower() != "bearer" or "realm" not in fields:
            raise RegistryError(f"{self.host} asks for an authorization of a kind that is not known here: {challenge!r}")
        query = {"service": fields.get("service", ""), "scope": f"repository:{repository}:pull,push"}
        answer = send("GET", f"{fields['realm']}?{urllib.parse.urlencode(query)}", None, {"Authorization": basic} if self.user else {})
        if answer.status != 200:
            raise RegistryError(f"{self.host} gave no token for {repository}: {answer.status}")
        document = json.loads(answer.body)
        return f"Bearer {document.get('token') or document['access_token']}"


@dataclass
class Answer:
    status: int
    headers: object
    body: bytes


def send(method: str, url: str, body: bytes | None, headers: dict) -> Answer:
    """Any answer of the server is an answer. An authorization does not follow a redirect to another host."""
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    if "Authorization" in headers:
        request.remove_header("Authorization")
        request.add_unredirected_header("Authorization", headers["Authorization"])
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())
    except urllib.error.URLError as error:
        raise RegistryError(f"{url.partition('?')[0]}: {error.reason}") from error
