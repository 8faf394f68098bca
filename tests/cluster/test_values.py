"""What a value of the chart does to the running process. One release, changed step by step: each class begins where the one before ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import gateway
import pytest
from helm import Release
from kube import Namespace, kubectl, name_of
from node_postgres import PASSWORD, USER, NodePostgres
from place import Build, in_node_network
from processes import Process, gateway_of, gateways_of

FAST = {"initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 60}


@pytest.fixture(scope="module")
def release(namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build) -> Iterator[Release]:
    database = postgres.database("values")
    values = {
        # As in the guide's minimal example: the database by the gateway's own variables, and nothing under `database`.
        "database": {"host": "", "existingSecret": "", "username": ""},
        "gatewayServer": {"env": database.environment(), "startupProbe": FAST},
        "gatewayUi": {"enabled": False},
        "secrets": {"ollamaEnabled": "true", "mockProviderEnabled": ""},
    }
    release = Release(namespaces("values"), build, database, values).install()
    release.gateways(1)
    yield release
    release.namespace.delete()


def the_pod(release: Release) -> dict:
    release.namespace.rolled_out("dvara-server")
    (pod,) = release.gateways(1)
    return pod


def providers(release: Release) -> set[str]:
    return {provider["name"] for provider in gateway.status(the_pod(release), release.api_key)["providers"]}


class TestAsInstalled:
    def test_s158_the_database_of_the_env_map_is_used(self, release: Release) -> None:
        explained = gateway.explained(release.namespace)
        assert explained["spring.datasource.url"] == (release.database.url, "environment SPRING_DATASOURCE_URL")
        assert explained["spring.datasource.username"] == (USER, "environment SPRING_DATASOURCE_USERNAME")
        assert explained["spring.datasource.password"][1] == "environment SPRING_DATASOURCE_PASSWORD"
        assert explained["spring.datasource.password"][0] != PASSWORD
        connected = f"SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '{release.database.name}' AND client_addr IS NOT NULL"
        assert release.database.sql(connected) == "t"

    def test_s073_a_blank_base_url_of_ollama_is_the_built_in_default(self, release: Release) -> None:
        url, source = gateway.explained(release.namespace)["dvara.llm-gateway.providers.ollama.base-url"]
        assert (url, source) == ("http://localhost:11434", "default")

    def test_s075_a_blank_switch_registers_no_mock_provider(self, release: Release) -> None:
        assert providers(release) == {"ollama"}


@pytest.mark.skipif(not in_node_network(), reason="a process of a pod is seen only where the node is this machine")
class TestTheProcess:
    @pytest.fixture
    def process(self, release: Release) -> Process:
        the_pod(release)
        return gateway_of(release.namespace)

    def test_s191_it_does_not_run_as_root(self, release: Release, process: Process) -> None:
        assert the_pod(release)["spec"]["securityContext"]["runAsNonRoot"] is True
        assert "0" not in process.status("Uid").split()

    def test_s192_it_runs_as_user_1001_as_its_image_says(self, process: Process) -> None:
        assert process.status("Uid").split() == ["1001"] * 4

    def test_s193_its_root_is_read_only_and_it_writes_only_to_tmp(self, process: Process) -> None:
        assert "ro" in process.mounts()["/"]
        assert all(file.startswith("/tmp/") for file in process.written_files()), process.written_files()

    def test_s194_tmp_is_a_volume_that_it_can_write_to(self, release: Release, process: Process) -> None:
        assert "rw" in process.mounts()["/tmp"]
        volumes = {volume["name"]: volume for volume in the_pod(release)["spec"]["volumes"]}
        assert "emptyDir" in volumes["tmp"]

    def test_s195_it_cannot_gain_privileges(self, process: Process) -> None:
        assert process.status("NoNewPrivs") == "1"

    def test_s196_it_has_no_capability(self, process: Process) -> None:
        for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(process.status(which), 16) == 0, which

    def test_its_system_calls_are_filtered(self, process: Process) -> None:
        assert process.status("Seccomp") == "2"

    def test_s197_it_has_no_token_and_calls_no_kubernetes_api(self, release: Release, process: Process) -> None:
        assert the_pod(release)["spec"]["automountServiceAccountToken"] is False
        assert not [mount for mount in process.mounts() if "serviceaccount" in mount]
        service = kubectl("get", "service", "kubernetes", "--namespace", "default", "-o", "jsonpath={.spec.clusterIP}")
        assert service not in process.peers()


class TestChanges:
    def test_s200_pods_restart_when_a_secret_changes(self, release: Release) -> None:
        before = name_of(the_pod(release))
        release.upgrade({"secrets": {"ollamaEnabled": "", "ollamaBaseUrl": "http://ollama.example:1", "mockProviderEnabled": True}})
        assert name_of(the_pod(release)) != before

    def test_s072_a_blank_switch_registers_no_ollama_provider(self, release: Release) -> None:
        assert providers(release) == {"mock"}

    def test_pods_stay_when_nothing_changes(self, release: Release) -> None:
        before = name_of(the_pod(release))
        release.upgrade()
        time.sleep(1)
        assert name_of(the_pod(release)) == before

    def test_s201_pods_restart_when_the_configuration_changes(self, release: Release) -> None:
        before = name_of(the_pod(release))
        release.upgrade({"gatewayServer": {"gatewayConfig": {"rate-limit": {"enabled": True}}}})
        between = name_of(the_pod(release))
        assert between != before
        release.upgrade({"gatewayServer": {"gatewayConfig": {"rate-limit": {"enabled": True, "per-key": {"requests-per-minute": 7}}}}})
        assert name_of(the_pod(release)) != between
        assert gateway.status(the_pod(release), release.api_key)["rateLimits"]["perKeyRequestsPerMinute"] == 7


class TestASecretOfOnesOwn:
    """A Secret that lacks most keys, among those that it has the one for audit envelopes."""

    AUDIT = "the audit secret of a Secret that no chart made"

    def test_s198_a_pod_starts_with_a_partial_secret(self, release: Release, build: Build) -> None:
        own = {
            "enterprise-license-key": build.licence,
            "audit-hmac-secret": self.AUDIT,
            "gateway-server-api-key": "of my own Secret",
            # The key of the fleet is sealed with it since the first start.
            "gateway-encryption-master-password": release.values["secrets"]["gatewayEncryptionMasterPassword"],
        }
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "my-external-secret"}, "stringData": own}
        release.namespace.apply(secret)
        release.upgrade({"secrets": {"create": False, "existingSecret": "my-external-secret"}, "gatewayServer": {"extraEnv": []}})
        pod = the_pod(release)
        assert gateway.status(pod, "of my own Secret")["license"]["licensed"] is True
        assert not release.namespace.exists("secret", "dvara")

    @pytest.mark.skipif(not in_node_network(), reason="a process of a pod is seen only where the node is this machine")
    def test_s086_the_audit_secret_reaches_the_process_by_the_right_key_and_by_extra_env(self, release: Release) -> None:
        assert audit_secret(release) == self.AUDIT
        extra = {"name": "DVARA_AUDIT_HMAC_SECRET", "value": "another audit secret, by extraEnv, of 40 characters"}
        release.upgrade({"gatewayServer": {"extraEnv": [extra]}})
        assert audit_secret(release) == extra["value"]


def audit_secret(release: Release) -> str:
    """What the process of the only pod was given. It starts in production only with one, and shows it to nobody; the kernel does."""
    the_pod(release)
    told = gateway.explained(release.namespace)["dvara.audit.hmac-secret"]
    assert told[1] == "environment DVARA_AUDIT_HMAC_SECRET"
    release.namespace.eventually(lambda: len(gateways_of(release.namespace)) == 1, "the process of the last revision has gone")
    return gateway_of(release.namespace).environment("DVARA_AUDIT_HMAC_SECRET")


class TestAStartThatFails:
    def test_s206_the_log_of_the_deployment_shows_why(self, release: Release) -> None:
        release.namespace("scale", "deployment/dvara-server", "--replicas=0")
        release.namespace.eventually(lambda: not release.namespace.pods(release.GATEWAYS), "the last good pod is gone")
        release.upgrade({"gatewayServer": {"env": {"SPRING_DATASOURCE_URL": "no url"}}})

        def told() -> bool:
            return bool(release.namespace.pods(release.GATEWAYS)) and "SPRING_DATASOURCE_URL" in release.namespace.logs("deployment/dvara-server")

        release.namespace.eventually(lambda: attempt(told), "the reason is in the log")


def attempt(read: Callable[[], bool]) -> bool:
    """False also where there is no log yet."""
    try:
        return read()
    except AssertionError:
        return False
