"""Whether a request is signed as AWS wants it: the signature is computed again by botocore, from the request as it was received.

After https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r" ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
CLOCKS_DIFFER_BY_AT_MOST = timedelta(minutes=5)


@dataclass(frozen=True)
class Account:
    """Who may call. A session token belongs to a key that is valid for a while."""

    access_key: str
    secret_key: str
    session_token: str | None = None
    expired: bool = False


@dataclass(frozen=True)
class Received:
    """A request, byte for byte: its target as it stood in the first line, and its header fields by lower-case name."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Rejected(Exception):
    """What AWS calls it, and what is wrong."""

    error: str
    message: str


def check(request: Received, accounts: list[Account], *, region: str, service: str) -> Account:
    """Who signed it.

    Raises Rejected when nobody did, or somebody else, or something has changed since.
    """
    said = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if not said:
        raise Rejected("MissingAuthenticationTokenException", "the request is not signed")
    account = next((account for account in accounts if account.access_key == said["key"]), None)
    if account is None:
        raise Rejected("UnrecognizedClientException", "nobody has this access key")
    _token(request, account)
    if (said["region"], said["service"]) != (region, service):
        raise Rejected("InvalidSignatureException", f"signed for {said['service']} in {said['region']}, and this is {service} in {region}")
    signed = said["headers"].split(";")
    _covered(request, signed, account)
    _now(request.headers["x-amz-date"], said["day"])
    if request.headers.get("x-amz-content-sha256", _sha256(request)) != _sha256(request):
        raise Rejected("InvalidSignatureException", "the body is another one than the hash says")
    if not hmac.compare_digest(_signature(request, signed, account, region, service), said["signature"]):
        raise Rejected("InvalidSignatureException", "botocore computes another signature")
    return account


def _token(request: Received, account: Account) -> None:
    if request.headers.get("x-amz-security-token") != account.session_token:
        raise Rejected("UnrecognizedClientException", "the session token is not the one of the access key")
    if account.expired:
        raise Rejected("ExpiredTokenException", "the session is over")


def _covered(request: Received, signed: list[str], account: Account) -> None:
    """What has to be signed is there and signed."""
    needed = ["host", "x-amz-date"] + (["x-amz-security-token"] if account.session_token else [])
    # What else is sent of these has to be signed as well.
    needed += [name for name in request.headers if (name.startswith("x-amz-") or name == "content-type") and name not in needed]
    missing = [name for name in needed if name not in signed or name not in request.headers]
    if missing or signed != sorted(signed):
        raise Rejected("InvalidSignatureException", f"{missing or signed} not signed, or not in order")


def _now(stamp: str, day: str) -> None:
    when = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if stamp[:8] != day or abs(datetime.now(timezone.utc) - when) > CLOCKS_DIFFER_BY_AT_MOST:
        raise Rejected("InvalidSignatureException", f"signed for {stamp}, which is not now")


def _sha256(request: Received) -> str:
    return hashlib.sha256(request.body).hexdigest()


def _signature(request: Received, signed: list[str], account: Account, region: str, service: str) -> str:
    headers = {name: request.headers[name] for name in signed if name in request.headers}
    again = AWSRequest(request.method, f"http://{request.headers['host']}{request.target}", headers=headers, data=request.body)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(account.access_key, account.secret_key, account.session_token), service, region)
    return signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
