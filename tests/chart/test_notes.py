"""What NOTES.txt says after an installation: true commands, and what is missing."""

import json
import shutil
from pathlib import Path

import chart
import pytest
import yaml
from own_api_server import ApiServer

COMPLETE = {
    "secrets": {
        "enterpriseLicenseKey": "DVARA-x",
        "gatewayServerApiKey": "one",
        "gatewayMetricsApiKey": "two",
        "gatewayEncryptionMasterPassword": "three",
        "auditHmacSecret": "four",
    },
    "database": {"host": "db"},
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """What NOTES.txt says. Helm prints it to who installs, for which it wants a cluster; so a copy of the chart renders it as an object."""
    copy = tmp_path_factory.mktemp("chart") / "meridian"
    shutil.copytree(chart.CHART, copy)
    text = (copy / "templates/NOTES.txt").read_text()
    (copy / "templates/_notes.tpl").write_text(f'{{{{- define "notes" -}}}}\n{text}{{{{- end -}}}}\n')
    (copy / "templates/notes.yaml").write_text('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata: {said: {{ include "notes" . | toJson }}}\n')

    def say(values: dict | None = None, *, release: str = "dvara", namespace: str = "default", cluster: Path | None = None) -> str:
        flags = ["template", release, str(copy), "--namespace", namespace, "--values", "-", "--show-only", "templates/notes.yaml"]
        flags += ["--dry-run=server", "--disable-openapi-validation", "--kubeconfig", str(cluster)] if cluster else []
        done = chart.run("helm4", *flags, stdin=json.dumps(values or {}))
        assert done.returncode == 0, done.stderr
        return yaml.safe_load(done.stdout)["data"]["said"]

    return say


def test_commands_are_those_of_the_guide(notes):
    said = notes(chart.merged(COMPLETE, {"mcpProxyServer": {"enabled": True}}))
    for line in [
        "DVARA 1.0.0, release dvara.",
        "  kubectl rollout status deployment/dvara-server",
        "  kubectl rollout status deployment/dvara-ui",
        "  kubectl port-forward svc/dvara-server 8080:8080 &",
        "  kubectl port-forward svc/dvara-ui 8090:8090 &",
        "  kubectl port-forward svc/dvara-mcp-gateway 8070:8070 &",
        "  curl http://localhost:8080/actuator/health",
        "  curl http://localhost:8070/actuator/health",
    ]:
        assert line in said.splitlines()
    assert "WARNING" not in said


def test_commands_name_what_is_rendered(notes):
    values = chart.merged(COMPLETE, {"mcpProxyServer": {"enabled": True}, "gatewayServer": {"service": {"port": 80}}})
    said = notes(values, release="blue", namespace="ai")
    things = chart.render(values, release="blue", namespace="ai")
    named = {word for word in said.split() if word.startswith(("deployment/", "svc/"))}
    assert named == {*(f"deployment/{name}" for name in ("blue-server", "blue-ui")), *(f"svc/{name}" for name in ("blue-server", "blue-ui", "blue-mcp-gateway"))}
    for word in named:
        kind = {"deployment": "Deployment", "svc": "Service"}[word.partition("/")[0]]
        assert things.get(kind, word.partition("/")[2])
    assert "kubectl port-forward svc/blue-server 8080:80 -n ai &" in said
    assert all(" -n ai" in line for line in said.splitlines() if "kubectl" in line)


def test_nothing_is_said_of_what_is_disabled(notes):
    said = notes(chart.merged(COMPLETE, {"gatewayUi": {"enabled": False}}))
    assert "Flightdeck" not in said and "MCP" not in said and "dvara-server" in said


@pytest.mark.parametrize(
    "present, missing",
    [
        ("enterpriseLicenseKey", "secrets.enterpriseLicenseKey (the services do not start without a license)"),
        ("auditHmacSecret", "secrets.auditHmacSecret (the services do not start without it)"),
        ("gatewayServerApiKey", "secrets.gatewayServerApiKey (every authenticated actuator path answers 401)"),
        ("gatewayMetricsApiKey", "secrets.gatewayMetricsApiKey (every scrape answers 401)"),
        ("gatewayEncryptionMasterPassword", "secrets.gatewayEncryptionMasterPassword (credentials cannot be stored encrypted)"),
    ],
)
def test_a_missing_secret_is_named(notes, present, missing):
    said = notes(chart.merged(COMPLETE, {"secrets": {present: ""}}))
    assert f"WARNING: this is missing.\n  - {missing}" in said
    assert said.count("  - secrets.") == 1


def test_a_missing_database_is_named(notes):
    assert "  - database.url or database.host (the services do not start without PostgreSQL)" in notes(chart.merged(COMPLETE, {"database": {"host": ""}}))


def test_the_guides_quick_start_lacks_a_database_only(notes):
    values = yaml.safe_load((chart.CHART / "ci/02-quickstart-values.yaml").read_text())
    assert [line for line in notes(values).splitlines() if line.startswith("  - ")] == [
        "  - database.url or database.host (the services do not start without PostgreSQL)"
    ]


def test_secrets_are_never_printed(notes):
    values = chart.merged(COMPLETE, {"secrets": {"enterpriseLicenseKey": "DVARA-canary", "gatewayServerApiKey": "canary-1", "auditHmacSecret": "canary-2"}})
    assert "canary" not in notes(values)


@pytest.mark.parametrize(
    "values, line",
    [
        ({"secrets": {"create": False}}, "WARNING: secrets.create is false and secrets.existingSecret is empty: every secret must come by env or envFrom."),
        ({"gatewayServer": {"pdb": {"enabled": True}}}, "WARNING: gatewayServer.pdb.minAvailable is not below the number of pods (1): drains of nodes will wait for ever."),
        (
            {"mcpProxyServer": {"enabled": True, "pdb": {"enabled": True, "minAvailable": 3}, "autoscaling": {"enabled": True, "minReplicas": 3}}},
            "WARNING: mcpProxyServer.pdb.minAvailable is not below the number of pods (3): drains of nodes will wait for ever.",
        ),
        (
            {"gatewayServer": {"pdb": {"enabled": True, "minAvailable": "100%"}, "replicaCount": 3}},
            "WARNING: gatewayServer.pdb.minAvailable is not below the number of pods (3): drains of nodes will wait for ever.",
        ),
        (
            {"gatewayServer": {"pdb": {"enabled": True, "minAvailable": 2}, "keda": {"enabled": True, "minReplicas": 2, "triggers": [{"type": "cpu"}]}, "replicaCount": 9}},
            "WARNING: gatewayServer.pdb.minAvailable is not below the number of pods (2): drains of nodes will wait for ever.",
        ),
        ({"gatewayServer": {"javaOpts": "-Xmx1g"}}, "gatewayServer.javaOpts has no effect: there is no JVM."),
        ({"devPostgres": {"enabled": True, "password": "x"}}, "WARNING: devPostgres is NOT FOR PRODUCTION: one pod, no backups, and its data goes with it."),
        (
            {"devPostgres": {"enabled": True, "password": "x", "persistence": {"enabled": True}}},
            "WARNING: devPostgres is NOT FOR PRODUCTION: one pod, no backups.",
        ),
    ],
)
def test_warns(notes, values, line):
    assert line in notes(chart.merged(COMPLETE, values)).splitlines()


@pytest.mark.parametrize(
    "values",
    [
        {"gatewayServer": {"pdb": {"enabled": True}, "replicaCount": 2}},
        {"gatewayServer": {"pdb": {"enabled": True, "minAvailable": "50%"}, "replicaCount": 3}},
        {"gatewayServer": {"pdb": {"enabled": True, "minAvailable": 5, "maxUnavailable": 1}}},
        {"gatewayServer": {"pdb": {"enabled": False, "minAvailable": 5}}},
    ],
)
def test_a_budget_that_lets_drains_through_is_no_warning(notes, values):
    assert "drains" not in notes(chart.merged(COMPLETE, values))


ALL_KEYS = sorted(chart.render().secret())


@pytest.mark.parametrize(
    "keys, line",
    [
        ([key for key in ALL_KEYS if key not in {"audit-hmac-secret", "gemini-api-key"}], "The Secret mine has no audit-hmac-secret, gemini-api-key. What is absent is unset."),
        (ALL_KEYS, None),
    ],
    ids=["some", "none"],
)
def test_keys_that_a_secret_in_the_cluster_lacks_are_named(notes, keys, line, tmp_path):
    server = ApiServer({"mine": {key: "eA==" for key in keys}})
    try:
        nothing_else = {"gatewayServer": {"enabled": False}, "gatewayUi": {"enabled": False}}
        said = notes({"secrets": {"existingSecret": "mine"}, **nothing_else}, cluster=server.kubeconfig(tmp_path))
    finally:
        server.clean_up()
    assert [found for found in said.splitlines() if found.startswith("The Secret")] == ([line] if line else [])
