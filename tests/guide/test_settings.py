"""Settings that keep a production-class start from happening, and what secrets open."""

from __future__ import annotations

import pytest
from dvara_up import eventually
from service import SERVICES

PLACEHOLDERS = ("default-dev-secret-change-in-production", "dev-only-change-me", "local-only-change-me", "replace-with-openssl-rand-output")


@pytest.mark.parametrize("command", SERVICES)
def test_s028_without_an_audit_secret_production_does_not_start(service, command):
    refusal = service(command, DVARA_AUDIT_HMAC_SECRET=None).refused()
    assert refusal.code == 64
    assert "DVARA_AUDIT_HMAC_SECRET is not set: the audit chain cannot be signed" in refusal.said


@pytest.mark.parametrize("secret", PLACEHOLDERS)
def test_s029_a_placeholder_for_an_audit_secret_does_not_start_production(service, secret):
    for command in SERVICES:
        refusal = service(command, DVARA_AUDIT_HMAC_SECRET=secret).refused()
        assert refusal.code == 64
        assert "DVARA_AUDIT_HMAC_SECRET is a placeholder" in refusal.said


def test_s063_show_details_always_is_refused_by_variable_and_by_file(service):
    refusal = service("gateway", MANAGEMENT_ENDPOINT_HEALTH_SHOW_DETAILS="always").refused()
    assert refusal.code == 64 and "management.endpoint.health.show-details=always" in refusal.said
    by_file = service("gateway")
    (by_file.folder / "gateway.yaml").write_text("management:\n  endpoint:\n    health:\n      show-details: always\n")
    refusal = by_file.refused()
    assert refusal.code == 64 and "management.endpoint.health.show-details=always" in refusal.said
    # No profile makes it acceptable.
    assert service("gateway", SPRING_PROFILES_ACTIVE="dev", MANAGEMENT_ENDPOINT_HEALTH_SHOW_DETAILS="always").refused().code == 64


@pytest.mark.parametrize("command", SERVICES)
def test_s081_equal_actuator_keys_are_refused(service, command):
    refusal = service(command, DVARA_ACTUATOR_METRICS_API_KEY="one key", DVARA_ACTUATOR_API_KEY="one key").refused()
    assert refusal.code == 64
    assert "DVARA_ACTUATOR_API_KEY and DVARA_ACTUATOR_METRICS_API_KEY are equal" in refusal.said
    assert "one key" not in refusal.said


def test_s146_a_namespace_without_a_cache_service_is_refused(service):
    assert service("gateway", KUBERNETES_NAMESPACE="ai").refused().code == 64
    assert service("gateway", KUBERNETES_NAMESPACE="ai", CACHE_SERVICE_NAME=" ").refused().code == 64


def test_s147_the_refusal_is_the_published_text(service):
    published = """Kubernetes clustering requires CACHE_SERVICE_NAME when
        KUBERNETES_NAMESPACE is set. Without it, pods cannot form a cluster and
        rate limit state will not be shared."""
    refusal = service("gateway", KUBERNETES_NAMESPACE="ai").refused()
    assert " ".join(published.split()) in " ".join(refusal.said.split())


def test_s206_the_reason_of_a_failed_start_is_on_the_output(service):
    refusal = service("gateway", DVARA_LICENSE_KEY=None, SPRING_DATASOURCE_URL=None, DVARA_CORES="many").refused()
    for reason in ("LicenseValidationException", "SPRING_DATASOURCE_URL", "DVARA_CORES"):
        assert reason in refusal.said, "not every mistake is named"


def test_s076_internal_paths_refuse_a_missing_or_wrong_secret(service):
    secret = "shared-secret-of-the-guide-tests"
    gateway = service("gateway", DVARA_INTERNAL_SECRET=secret).start()
    for key in (None, "wrong", secret[:-1], ""):
        assert gateway.get("/internal/anything", key).status == 401
    # Nothing lives there yet; who has the secret is told so.
    assert gateway.get("/internal/anything", secret).status == 404
    closed = service("gateway").start()
    assert closed.get("/internal/anything", secret).status == 401


def test_s077_a_sealed_value_opens_with_the_password_and_with_no_other(service):
    password = "the master password of the guide tests"
    tool = service("gateway", DVARA_ENCRYPTION_MASTER_PASSWORD=password)
    sealed = tool.run("encrypt", given="sk-sealed").stdout.strip().splitlines()[-1]
    assert sealed.startswith("ENC:") and "sk-sealed" not in sealed
    gateway = service("gateway", DVARA_ENCRYPTION_MASTER_PASSWORD=password, OPENAI_API_KEY=sealed).start()
    assert "openai" in [provider["name"] for provider in gateway.status()["providers"]]
    for wrong in ("another password", None):
        refusal = service("gateway", DVARA_ENCRYPTION_MASTER_PASSWORD=wrong, OPENAI_API_KEY=sealed).refused()
        assert refusal.code == 64
        assert "OPENAI_API_KEY" in refusal.said and sealed not in refusal.said


def test_s212_an_empty_provider_key_registers_nothing_and_is_no_error(service):
    gateway = service("gateway", OPENAI_API_KEY="", ANTHROPIC_API_KEY=" ", GEMINI_API_KEY="").start()
    assert [provider["name"] for provider in gateway.status()["providers"]] == ["mock"]
    assert '"level":"ERROR"' not in gateway.said()


def test_s057_flightdeck_is_ready_only_while_the_gateway_can_be_reached(service):
    gateway = service("gateway").start()
    flightdeck = service("flightdeck", DVARA_FLIGHTDECK_GATEWAY_URL=gateway.url).start()
    readiness = "/actuator/health/readiness"
    eventually(lambda: flightdeck.get(readiness).status == 200, "Flightdeck is ready beside a gateway")
    port = gateway.url.rpartition(":")[2]
    assert gateway.stop() == 0
    eventually(lambda: flightdeck.get(readiness).status == 503, "Flightdeck is not ready without it")
    assert flightdeck.get("/actuator/health/liveness").status == 200
    service("gateway", SERVER_PORT=port).start()
    eventually(lambda: flightdeck.get(readiness).status == 200, "and is again when it is back", seconds=30)


def test_a_running_set_shows_no_secret_anywhere(service):
    canaries = {
        "DVARA_AUDIT_HMAC_SECRET": "canary-audit-0123456789-0123456789-01",
        "DVARA_ACTUATOR_API_KEY": "canary-actuator-key",
        "DVARA_ACTUATOR_METRICS_API_KEY": "canary-metrics-key",
        "DVARA_ENCRYPTION_MASTER_PASSWORD": "canary-master-password",
        "DVARA_INTERNAL_SECRET": "canary-internal-secret",
        "OPENAI_API_KEY": "sk-canary-openai",
        "ANTHROPIC_API_KEY": "sk-ant-canary",
        "SPRING_DATASOURCE_PASSWORD": "canary-database-password",
    }
    running = [service(name, **canaries).start() for name in SERVICES]
    gateway = running[0]
    key = gateway.key()
    assert gateway.chat(key, "mock/x", "canary-prompt").status == 200
    metrics_key = canaries["DVARA_ACTUATOR_METRICS_API_KEY"]
    eventually(lambda: "gateway_requests_total{" in gateway.get("/actuator/prometheus", metrics_key).text, "the call is counted")
    seen = []
    for each in running:
        for path in ("/actuator/health", "/actuator/info", "/actuator/gateway-status", "/actuator/env", "/nowhere", "/internal/x", "/v1/models", "/mcp"):
            seen += [each.get(path).text, each.get(path, canaries["DVARA_ACTUATOR_API_KEY"]).text]
        seen.append(each.get("/actuator/prometheus", metrics_key).text)
        seen.append(each.run("config", "explain").stdout)
        assert each.stop() == 0, each.said()
        seen.append(each.said())
    everything = "\n".join(seen)
    assert "Request completed" in everything and "gateway_requests_total" in everything, "the canaries had nowhere to sing"
    for secret in (*canaries.values(), key, gateway.build.licence, "canary-prompt"):
        assert secret not in everything, f"{secret[:12]}… is shown"
