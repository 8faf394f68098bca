"""From the first command of the guide to the last: Helm 4 with the chart from ghcr.io, Helm 3 with the chart's folder.

The tests of one class are one story; each begins where the one before it ended.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator

import gateway
import pytest
from ghcr import Ghcr
from guide import Shell
from helm import HELM3, HELM4, LITTLE, chart_version, where
from kube import Namespace, free_port, name_of
from load import JSON_MODEL
from node_postgres import NodePostgres
from place import CHART, Build

GATEWAYS = "app.kubernetes.io/component=gateway-server"
KINDS = [
    "pods", "deployments", "replicasets", "statefulsets", "jobs", "services", "configmaps", "secrets", "serviceaccounts",
    "horizontalpodautoscalers", "poddisruptionbudgets", "networkpolicies", "ingresses", "persistentvolumeclaims", "endpointslices",
]  # fmt: skip
"""What a chart can make in a namespace."""
SMALL = {"gatewayServer": LITTLE, "gatewayUi": LITTLE}


@pytest.fixture(scope="module")
def ghcr() -> Iterator[Ghcr]:
    ghcr = Ghcr()
    try:
        yield ghcr
    finally:
        ghcr.stop()


class Story:
    """A namespace, a shell in it, and the secrets that its installation was made with."""

    def __init__(self, namespace: Namespace, shell: Shell, database):
        self.namespace = namespace
        self.shell = shell
        self.database = database

    def secret(self, key: str) -> str:
        data = self.namespace.read("secret", "dvara")["data"]
        return base64.b64decode(data[key]).decode()

    def gateways(self, count: int = 1) -> list[dict]:
        return self.namespace.wait_ready(GATEWAYS, count)

    def revision(self) -> int:
        return json.loads(self.shell.type("helm history dvara -o json"))[-1]["revision"]

    def as_values(self) -> dict:
        """The secrets of the installation as a values file: what the guide advises for everything after the first try."""
        (pod,) = self.gateways()[:1]
        audit = next(entry["value"] for entry in pod["spec"]["containers"][0]["env"] if entry["name"] == "DVARA_AUDIT_HMAC_SECRET")
        return {
            "secrets": {
                "enterpriseLicenseKey": self.secret("enterprise-license-key"),
                "gatewayServerApiKey": self.secret("gateway-server-api-key"),
                "gatewayMetricsApiKey": self.secret("gateway-metrics-api-key"),
                "gatewayEncryptionMasterPassword": self.secret("gateway-encryption-master-password"),
                "mockProviderEnabled": True,
            },
            "gatewayServer": {"extraEnv": [{"name": "DVARA_AUDIT_HMAC_SECRET", "value": audit}]},
        }


@pytest.fixture(scope="class")
def story(
    request: pytest.FixtureRequest, namespaces: Callable[[str], Namespace], postgres: NodePostgres, build: Build, ghcr: Ghcr
) -> Iterator[Story]:
    namespace = namespaces(request.cls.NAMESPACE)
    database = postgres.database(request.cls.NAMESPACE)
    shell = Shell(namespace, request.cls.HELM, build, {**where(namespace, database), **SMALL}, ghcr)
    try:
        yield Story(namespace, shell, database)
    finally:
        shell.clean_up()
        namespace.delete()


class TestHelm4:
    NAMESPACE, HELM = "guide", HELM4

    def test_s008_the_chart_comes_from_its_address_on_ghcr(self, story: Story) -> None:
        story.shell.type(f"helm package {CHART} --destination .")
        story.shell.type(f"helm push meridian-{chart_version()}.tgz oci://ghcr.io/dvarahq/dvara/charts")
        shown = story.shell.type("helm show chart oci://ghcr.io/dvarahq/dvara/charts/meridian")
        assert "name: meridian" in shown

    def test_s019_the_complete_quick_start_ends_with_all_pods_ready(self, story: Story) -> None:
        story.shell.run("secrets.sh", "quick-start.sh")
        story.shell.run("wait.sh")
        pods = story.namespace.pods("app.kubernetes.io/instance=dvara")
        assert len(pods) == 2
        assert len(story.namespace.ready("app.kubernetes.io/instance=dvara")) == 2

    def test_s020_the_rollout_of_dvara_server_is_complete(self, story: Story) -> None:
        assert "successfully rolled out" in story.shell.type(story.shell.text("wait.sh").splitlines()[1])

    def test_s021_the_rollout_of_dvara_ui_is_complete(self, story: Story) -> None:
        assert "successfully rolled out" in story.shell.type(story.shell.text("wait.sh").splitlines()[2])

    def test_s022_the_service_is_forwarded_to_port_8080(self, story: Story) -> None:
        assert json.loads(story.shell.forward_and_ask("verify.sh"))["status"] == "UP"

    def test_s023_health_without_a_token_is_200_and_up(self, story: Story) -> None:
        (pod,) = story.gateways()
        answer = gateway.get(pod, "/actuator/health")
        assert answer.status_code == 200
        assert answer.json() == {"status": "UP"}

    def test_s011_the_licence_of_set_reaches_the_process(self, story: Story, build: Build) -> None:
        assert story.secret("enterprise-license-key") == build.licence
        (pod,) = story.gateways()
        licence = gateway.status(pod, story.secret("gateway-server-api-key"))["license"]
        payload = build.licence.removeprefix("DVARA-").partition(".")[0]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert licence["licensed"] is True
        assert licence["license_id"] == claims["license_id"]

    def test_s012_the_server_key_of_set_opens_the_status(self, story: Story) -> None:
        (pod,) = story.gateways()
        assert gateway.get(pod, "/actuator/gateway-status", story.secret("gateway-server-api-key")).status_code == 200
        assert gateway.get(pod, "/actuator/gateway-status", "another").status_code == 401

    def test_s013_the_metrics_key_of_set_opens_the_metrics(self, story: Story) -> None:
        (pod,) = story.gateways()
        assert gateway.get(pod, "/actuator/prometheus", story.secret("gateway-metrics-api-key")).status_code == 200
        assert gateway.get(pod, "/actuator/prometheus", story.secret("gateway-server-api-key")).status_code == 401

    def test_s014_the_encryption_password_of_set_seals_values_in_the_pod(self, story: Story, build: Build) -> None:
        command = ["exec", "-i", "deployment/dvara-server", "-c", "gateway-server", "--", "/dvara", "encrypt"]
        sealed = story.namespace(*command, stdin="sk-sealed").strip()
        assert opens(build, story.shell, sealed, story.secret("gateway-encryption-master-password"))
        assert not opens(build, story.shell, sealed, "not the password")

    def test_s015_secrets_of_44_characters_survive_unchanged(self, story: Story) -> None:
        for key in ("gateway-server-api-key", "gateway-metrics-api-key", "gateway-encryption-master-password"):
            value = story.secret(key)
            assert len(value) == 44 and value.endswith("=") and value.isascii(), key
        # Every character that base64 has, in one key, as the process compares it.
        awkward = "ab+/" * 10 + "+/8="
        values = story.as_values()
        values["secrets"]["gatewayServerApiKey"] = awkward
        story.shell.add(values)
        story.shell.run("upgrade.sh")
        story.namespace.rolled_out("dvara-server")
        (pod,) = story.gateways()
        assert story.secret("gateway-server-api-key") == awkward
        assert gateway.get(pod, "/actuator/gateway-status", awkward).status_code == 200

    def test_s199_both_upgrades_of_the_guide_made_a_revision(self, story: Story) -> None:
        history = json.loads(story.shell.type("helm history dvara -o json"))
        assert [entry["revision"] for entry in history] == [1, 2, 3]
        assert history[-1]["status"] == "deployed"

    def test_s018_mock_provider_enabled_registers_the_mock_provider(self, story: Story) -> None:
        assert story.secret("mock-provider-enabled") == "true"
        assert "mock" in self.providers(story)

    def test_keys_of_the_guides_values_file_register_their_providers(self, story: Story) -> None:
        assert story.secret("openai-api-key") == "sk-..."
        assert story.secret("anthropic-api-key") == "sk-ant-..."
        assert {"openai", "anthropic"} <= self.providers(story)

    @staticmethod
    def providers(story: Story) -> set[str]:
        (pod,) = story.gateways()
        return {provider["name"] for provider in gateway.status(pod, story.secret("gateway-server-api-key"))["providers"]}

    def test_a_rollback_brings_the_first_revision_back(self, story: Story) -> None:
        awkward = story.secret("gateway-server-api-key")
        story.shell.type("helm rollback dvara 1")
        story.namespace.rolled_out("dvara-server")
        (pod,) = story.gateways()
        assert gateway.get(pod, "/actuator/gateway-status", awkward).status_code == 401
        assert self.providers(story) == {"mock"}

    def test_s212_a_blank_key_registers_no_provider(self, story: Story) -> None:
        assert story.secret("openai-api-key") == ""
        assert "openai" not in self.providers(story)
        assert "ERROR" not in story.shell.type("kubectl logs deployment/dvara-server")

    def test_s213_a_blank_key_is_in_the_secret(self, story: Story) -> None:
        get, _, _ = story.shell.text("troubleshooting.sh").splitlines()[-1].partition(" | ")
        assert story.shell.type(get) == ""
        assert "openai-api-key" in story.namespace.read("secret", "dvara")["data"]

    def test_s207_the_secret_is_named_after_the_release(self, story: Story) -> None:
        assert "enterprise-license-key:" in story.shell.type(self.troubleshooting(story, "get secret dvara -o yaml"))

    def test_s210_the_guides_selector_returns_the_pods(self, story: Story) -> None:
        assert "dvara-server-" in story.shell.type(self.troubleshooting(story, "get pods"))

    def test_s211_the_service_has_endpoints(self, story: Story) -> None:
        (pod,) = story.gateways()
        assert f"{pod['status']['podIP']}:8080" in story.shell.type(self.troubleshooting(story, "get endpoints"))

    @staticmethod
    def troubleshooting(story: Story, words: str) -> str:
        (line,) = [line for line in story.shell.text("troubleshooting.sh").splitlines() if words in line]
        return line

    def test_an_operator_makes_a_key_in_a_pod_and_calls_with_it(self, story: Story) -> None:
        story.namespace.dvara("deployment/dvara-server", "tenant", "create", "Guide", "--id", "guide")
        made = json.loads(story.namespace.dvara("deployment/dvara-server", "key", "create", "first", "--tenant", "guide", "--json"))
        url = f"http://{story.namespace.address_of('dvara-server')}:8080"

        def answered() -> bool:
            return gateway.ask(url, made["key"], JSON_MODEL).status_code == 200

        story.namespace.eventually(answered, "the new key is known")

    def test_s202_helm_test_checks_the_gateway(self, story: Story) -> None:
        said = story.shell.run("test.sh")
        assert said.count("Succeeded") >= 2, said
        assert "dvara-server" in said

    def test_s203_helm_test_checks_flightdeck(self, story: Story) -> None:
        assert "dvara-ui" in story.shell.run("test.sh")

    def test_s205_nothing_is_left_after_helm_uninstall(self, story: Story) -> None:
        story.shell.run("uninstall.sh")
        story.namespace.eventually(lambda: not leftovers(story.namespace), f"nothing is left of the release: {leftovers(story.namespace)}")


class TestHelm3:
    NAMESPACE, HELM = "helm3", HELM3

    def test_s009_the_chart_installs_from_its_folder_with_the_same_arguments(self, story: Story) -> None:
        story.shell.run("secrets.sh", "local-chart.sh", "wait.sh")
        assert len(story.gateways()) == 1

    def test_helm_3_upgrades_rolls_back_and_tests(self, story: Story) -> None:
        values = story.as_values()
        story.shell.add(values)
        story.shell.type(story.shell.text("upgrade.sh").splitlines()[-1])
        story.namespace.rolled_out("dvara-server")
        assert story.secret("openai-api-key") == "sk-..."
        story.shell.type("helm rollback dvara")
        story.namespace.rolled_out("dvara-server")
        story.gateways()
        assert story.revision() == 3
        assert story.secret("openai-api-key") == ""
        assert story.shell.run("test.sh").count("Succeeded") >= 2

    def test_helm_3_leaves_nothing_either(self, story: Story) -> None:
        story.shell.run("uninstall.sh")
        story.namespace.eventually(lambda: not leftovers(story.namespace), "nothing is left of the release")


def opens(build: Build, shell: Shell, sealed: str, password: str) -> bool:
    """Whether a settings file with a sealed value can be read with a password."""
    file = shell.folder / "sealed.yaml"
    provider = {"name": "sealed", "type": "openai", "api_key": sealed, "base_url": f"http://127.0.0.1:{free_port()}/v1"}
    # JSON is YAML.
    file.write_text(json.dumps({"providers": [provider]}))
    environment = {
        "DVARA_CONFIG_FILE": str(file), "DVARA_ENCRYPTION_MASTER_PASSWORD": password, "SPRING_PROFILES_ACTIVE": "test",
        "DVARA_LICENSE_KEY": build.licence, "SPRING_DATASOURCE_URL": "jdbc:postgresql://localhost:5432/dvara", "SPRING_DATASOURCE_USERNAME": "dvara",
    }  # fmt: skip
    return subprocess.run([build.binary, "config", "validate"], env=environment, capture_output=True).returncode == 0


def leftovers(namespace: Namespace) -> list[str]:
    """What a release leaves in its namespace, of all kinds that there are; a namespace's own things apart."""
    found = namespace("get", ",".join(KINDS), "-l", "app.kubernetes.io/instance=dvara", "-o", "name", "--ignore-not-found").split()
    # The one of the database is ours; Helm's own record of a release is a Secret without that label.
    secrets = [name_of(item) for item in namespace.read("secrets")["items"] if name_of(item) != "database"]
    return found + secrets
