"""Every variable that the chart renders is one that the services read."""

import os
import re
import subprocess
from pathlib import Path

import chart
import pytest

ALL_ON = {
    "mcpProxyServer": {"enabled": True, "javaOpts": "-x"},
    "gatewayUi": {"javaOpts": "-x"},
    "gatewayServer": {"javaOpts": "-x", "region": {"id": "a", "name": "b"}, "gatewayConfig": {"rate-limit": {"enabled": True}}},
    "database": {"host": "db", "username": "dvara"},
}


@pytest.fixture(scope="session")
def explained() -> dict[str, str]:
    """The properties that `dvara config explain` finds set when the environment is the chart's, by the variable that set them."""
    given = {name: value_for(name) for service in chart.SERVICES for name in chart.render(ALL_ON).env(service)}
    given["DVARA_CONFIG_FILE"] = ""
    done = subprocess.run([binary(), "config", "explain"], env=given, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for line in done.stdout.splitlines():
        if source := re.search(r"environment (\w+)", line):
            found[source[1]] = line.split()[0]
    return found


def value_for(name: str) -> str:
    fixed = {"DVARA_LLM_GATEWAY_MODE": "full", "SPRING_DATASOURCE_URL": "jdbc:postgresql://db:5432/dvara"}
    if name.endswith("_ENABLED"):
        return "true"
    return fixed.get(name, "http://x:1" if name.endswith("_URL") else "x" * 40)


def binary() -> Path:
    """DVARA_BIN, or the one that was built for the test image."""
    found = Path(os.environ.get("DVARA_BIN", Path.home() / ".cache/dvara/test-image/dvara"))
    assert found.exists(), f"there is no {found}: build it with cargo build --package dvara and set DVARA_BIN, or run scripts/image --test"
    return found


@pytest.mark.parametrize("service", chart.SERVICES)
def test_services_know_every_variable(service, explained):
    rendered = set(chart.render(ALL_ON).env(service)) - {"DVARA_CONFIG_FILE"}
    assert len(rendered) >= 9 and not rendered - explained.keys()


def test_configuration_file_is_known_too(tmp_path):
    """It must be a file, so it is asked for by itself."""
    (tmp_path / "gateway.yaml").write_text("rate-limit:\n  enabled: true\n")
    done = subprocess.run([binary(), "config", "explain"], env={"DVARA_CONFIG_FILE": str(tmp_path / "gateway.yaml")}, capture_output=True, text=True, cwd="/")
    line = next(line for line in done.stdout.splitlines() if line.startswith("dvara.llm-gateway.rate-limit.enabled "))
    assert "true" in line and "gateway.yaml" in line


def test_an_unknown_variable_would_be_noticed(explained):
    assert "DVARA_LLM_GATEWAY_REGION_NAMES" not in explained


def test_variables_are_bound_to_what_they_mean(explained):
    for name, property_name in {
        "DVARA_REGION_ID": "dvara.region.id",
        "DVARA_REGION_NAME": "dvara.region.name",
        "DVARA_LLM_GATEWAY_MODE": "dvara.llm-gateway.mode",
        "CACHE_SERVICE_NAME": "dvara.cluster.cache-service-name",
        "KUBERNETES_NAMESPACE": "dvara.cluster.kubernetes-namespace",
        "DVARA_FLIGHTDECK_GATEWAY_URL": "dvara.flightdeck.gateway-url",
        "DVARA_MCP_GATEWAY_GATEWAY_URL": "dvara.mcp-gateway.gateway-url",
    }.items():
        assert explained[name] == property_name


@pytest.mark.parametrize("service, command", [("gatewayServer", "gateway"), ("gatewayUi", "flightdeck"), ("mcpProxyServer", "mcp")])
def test_binary_has_the_command_that_the_pods_run(service, command):
    assert chart.render(ALL_ON).container(service)["args"] == [command]
    done = subprocess.run([binary(), command, "--help"], capture_output=True, text=True, env={})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["sleep", "0"], ["healthcheck", "--help"], ["migrate", "--help"]], ids=lambda words: words[0])
def test_binary_has_the_commands_of_hooks_tests_and_migration(words):
    assert subprocess.run([binary(), *words], capture_output=True, env={}).returncode == 0
