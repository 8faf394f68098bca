"""Which vendors a gateway has, by the variables that the chart renders for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from aws_signature import Account
from fake_bedrock import REGION, FakeBedrock
from service import Service

ROLE = "arn:aws:iam::123456789012:role/dvara-bedrock"
POD = Account("ASIAPOD", "secret/of+the=pod", "token/of+the/pod==")


class FakeSts:
    """AWS's token service as far as a pod asks it: AssumeRoleWithWebIdentity (AWS STS API Reference)."""

    def __init__(self):
        self.asked: list[dict[str, str]] = []

    def __enter__(self) -> FakeSts:
        sts = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                sts.asked.append({name: values[0] for name, values in form.items()})
                body = (
                    '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>'
                    f"<Credentials><AccessKeyId>{POD.access_key}</AccessKeyId><SecretAccessKey>{POD.secret_key}</SecretAccessKey>"
                    f"<SessionToken>{POD.session_token}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
                    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
                ).encode()
                self.send_response(200)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"


@pytest.fixture
def sts() -> Iterator[FakeSts]:
    with FakeSts() as sts:
        yield sts


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with FakeBedrock([POD]) as bedrock:
        yield bedrock


def providers(gateway: Service) -> dict[str, dict]:
    return {provider["name"]: provider for provider in gateway.status()["providers"]}


def test_s031_three_providers_are_registered_by_their_keys(service):
    gateway = service("gateway", OPENAI_API_KEY="sk-...", ANTHROPIC_API_KEY="sk-ant-...", GEMINI_API_KEY="AIza...", MOCK_PROVIDER_ENABLED="").start()
    assert list(providers(gateway)) == ["openai", "anthropic", "gemini"]
    assert providers(gateway)["gemini"]["capabilities"]["maxContextTokens"] == 1_000_000


def test_s074_a_blank_bedrock_enabled_is_no_bedrock(service):
    without = service("gateway", BEDROCK_ENABLED="").start()
    assert "bedrock" not in providers(without)
    shown = without.key()
    refused = without.chat(shown, "bedrock/amazon.nova-pro-v1:0")
    assert refused.status == 400 and "BEDROCK_ENABLED=true" in refused.json["error"]["message"]
    enabled = service("gateway", BEDROCK_ENABLED="true", AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="secret").start()
    assert providers(enabled)["bedrock"]["credentials"]["usable"] is True


def test_s183_bedrock_without_static_keys_uses_the_pods_own_identity(service, sts, bedrock, tmp_path):
    token = tmp_path / "token"
    token.write_text("token-of-the-service-account")
    gateway = service(
        "gateway",
        BEDROCK_ENABLED="true",
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        # What the cluster puts into a pod whose account carries the role.
        AWS_ROLE_ARN=ROLE,
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
        AWS_ENDPOINT_URL_STS=sts.url,
        BEDROCK_BASE_URL=bedrock.url,
    ).start()
    credentials = providers(gateway)["bedrock"]["credentials"]
    assert (credentials["from"], credentials["usable"], credentials["failure"]) == ("web identity", True, None)
    assert sts.asked[0]["RoleArn"] == ROLE and sts.asked[0]["WebIdentityToken"] == "token-of-the-service-account"
    answer = gateway.chat(gateway.key(), "bedrock/amazon.nova-pro-v1:0")
    assert answer.status == 200, answer
    assert answer.json["choices"][0]["message"]["content"] == "I read: hello"
    assert bedrock.signers == [POD.access_key], bedrock.rejections
    assert POD.secret_key not in gateway.said() and POD.session_token not in gateway.said()


def test_a_pod_whose_identity_is_not_there_serves_everything_else(service):
    gateway = service(
        "gateway",
        BEDROCK_ENABLED="true",
        AWS_ROLE_ARN=ROLE,
        AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere/token",
        AWS_EC2_METADATA_DISABLED="true",
    ).start()
    credentials = providers(gateway)["bedrock"]["credentials"]
    assert credentials["usable"] is False and "/nowhere/token" in credentials["failure"]["reason"]
    shown = gateway.key()
    refused = gateway.chat(shown, "bedrock/amazon.nova-pro-v1:0")
    assert refused.status == 503 and refused.json["error"]["code"] == "provider_credential_unavailable"
    assert "/nowhere" not in json.dumps(refused.json)
    assert gateway.chat(shown, "mock/x").status == 200
