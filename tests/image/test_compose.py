"""The compose files: read by Docker Compose itself, and their services run from the image, without an engine."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import time
from pathlib import Path

import compose as compose_package
import pytest
import yaml
from conftest import ROOT
from sealed import Sealed, status_of, wait_until_ready

COMPOSE = ROOT / "deploy/compose"
# Docker Compose itself. The package's own command would lose its exit code.
PROGRAM = Path(compose_package.__file__).parent / "docker-compose"
SERVICES = {"gateway": 8080, "flightdeck": 8090, "mcp": 8070}


def compose(folder: Path, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
    """Docker Compose in `folder`; `config` needs no engine."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def resolved(folder: Path) -> dict:
    return json.loads(compose(folder, "config", "--format", "json").stdout)


@pytest.fixture(scope="module")
def full(image, tmp_path_factory) -> Path:
    """The folder of the full stack as an operator has it, with an .env made for the license of the tests."""
    folder = tmp_path_factory.mktemp("compose") / "deploy/compose/full"
    shutil.copytree(COMPOSE / "full", folder, ignore=shutil.ignore_patterns(".env"))
    subprocess.run(["./make-env", image.licence], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def stack(full) -> dict:
    return resolved(full)


@pytest.fixture(scope="module")
def quickstart() -> dict:
    return resolved(COMPOSE / "quickstart")


def of_ours(stack: dict) -> dict[str, dict]:
    return {name: service for name, service in stack["services"].items() if "/dvarahq/" in service["image"]}


def test_stacks_are_what_their_files_promise(stack, quickstart):
    assert sorted(stack["services"]) == ["flightdeck", "gateway", "grafana", "mcp", "postgres", "prometheus"]
    assert sorted(quickstart["services"]) == ["dvara", "postgres"]


def test_compose_refuses_what_its_schema_does_not_know(tmp_path):
    (tmp_path / "docker-compose.yml").write_text("services: {a: {image: x, port: [80]}}")
    refused = compose(tmp_path, "config", check=False)
    assert refused.returncode != 0 and "port" in refused.stderr


def test_full_stack_without_secrets_says_how_to_make_them(tmp_path):
    shutil.copytree(COMPOSE / "full", tmp_path / "full", ignore=shutil.ignore_patterns(".env"))
    refused = compose(tmp_path / "full", "config", check=False)
    assert refused.returncode != 0 and "run ./make-env first" in refused.stderr


def test_secrets_are_made_once_each_its_own_and_for_their_owner_only(full, image):
    file = full / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = dict(re.findall(r"^(\w+)=(\S+)$", file.read_text(), re.MULTILINE))
    secrets = [value for name, value in values.items() if name.endswith(("_KEY", "_PASSWORD", "_SECRET"))]
    assert len(set(secrets)) == len(secrets) == 7
    assert all(len(secret) >= 24 for secret in secrets)
    before = file.read_bytes()
    again = subprocess.run(["./make-env", image.licence], cwd=full, stderr=subprocess.PIPE, text=True)
    assert again.returncode == 1 and "is there already" in again.stderr
    assert file.read_bytes() == before


@pytest.mark.parametrize("licence", [[], ["sk-not-a-license"]])
def test_nothing_is_made_without_a_license(licence, tmp_path):
    shutil.copy(COMPOSE / "full/make-env", tmp_path)
    done = subprocess.run(["./make-env", *licence], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert done.returncode != 0 and "license" in done.stderr
    assert not (tmp_path / ".env").exists()


def test_images_are_the_published_ones_in_the_version_of_the_clone(stack, quickstart):
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
    images = {name: service["image"] for name, service in of_ours(stack).items()}
    assert images == {
        "gateway": f"ghcr.io/dvarahq/dvara/dvara-llm-gateway:{version}",
        "flightdeck": f"ghcr.io/dvarahq/dvara/dvara-flightdeck:{version}",
        "mcp": f"ghcr.io/dvarahq/dvara/dvara-mcp-gateway:{version}",
    }
    for service in [*stack["services"].values(), *quickstart["services"].values()]:
        assert not service["image"].endswith(":latest") and ":" in service["image"]


def test_services_are_hardened_and_have_time_to_drain(stack, quickstart):
    for service in [*of_ours(stack).values(), *of_ours(quickstart).values()]:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["tmpfs"] == ["/tmp:mode=1777"]
        assert service["stop_grace_period"] == "45s"
        assert "user" not in service and "privileged" not in service


def test_nothing_listens_beyond_this_machine_unless_told_so(stack, quickstart):
    for service in [*stack["services"].values(), *quickstart["services"].values()]:
        assert {port["host_ip"] for port in service.get("ports", [])} <= {"127.0.0.1"}
    assert "ports" not in stack["services"]["postgres"] and "ports" not in quickstart["services"]["postgres"]


def test_folders_of_the_clone_that_are_mounted_exist(stack, full):
    for name, service in stack["services"].items():
        for volume in service.get("volumes", []):
            if volume["type"] == "bind":
                in_the_clone = COMPOSE / "full" / os.path.relpath(volume["source"], full)
                assert in_the_clone.exists(), f"{name} mounts {in_the_clone}"


def test_every_variable_is_a_setting_that_the_product_reads(image, stack):
    for name, service in of_ours(stack).items():
        given = {key: value for key, value in service["environment"].items() if value}
        done = subprocess.run([image.binary, "config", "explain"], env={"PATH": os.environ["PATH"], **given}, stdout=subprocess.PIPE, text=True, check=True)
        read = set(re.findall(r"environment (\w+)\s*$", done.stdout, re.MULTILINE))
        assert given.keys() <= read, f"{name} is given {given.keys() - read}, which nothing reads"
        checked = subprocess.run([image.binary, "config", "validate"], env={"PATH": os.environ["PATH"], **given}, stdout=subprocess.PIPE, text=True)
        assert checked.returncode == 0, checked.stdout


def test_the_three_services_start_from_their_images_as_the_file_says(image, stack, postgres, tmp_path):
    """Each in its own root and with its own variables; only addresses are other than in the stack's network."""
    postgres.sql("CREATE DATABASE compose")
    images, started = image.images(), {}
    try:
        for name, port in SERVICES.items():
            service = stack["services"][name]
            assert str(port) in {mapping["published"] for mapping in service["ports"]}
            environment = {key: value for key, value in service["environment"].items() if value is not None}
            assert environment["SPRING_DATASOURCE_URL"] == "jdbc:postgresql://postgres:5432/dvara"
            environment |= postgres.datasource("compose") | {"SERVER_PORT": str(free_port())}
            sealed = Sealed(images[service["image"].rpartition("/")[2].partition(":")[0]])
            log = tmp_path / name
            with log.open("w") as output:
                started[name] = sealed, sealed.start(output=output, **environment), f"http://127.0.0.1:{environment['SERVER_PORT']}", log
        for name, (_, process, url, log) in started.items():
            # Flightdeck is ready when it reaches the gateway, whose name is one of the stack's network.
            wait_until_alive(process, url, log) if name == "flightdeck" else wait_until_ready(process, url, log)
            metrics_key = stack["services"][name]["environment"]["DVARA_ACTUATOR_METRICS_API_KEY"]
            assert status_of(f"{url}/actuator/prometheus", metrics_key) == 200
            assert status_of(f"{url}/actuator/prometheus") == 401
    finally:
        for sealed, *_ in started.values():
            sealed.clean_up()


def wait_until_alive(process: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while status_of(f"{url}/actuator/health/liveness") != 200:
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def test_quick_start_runs_without_a_license_and_prints_where_to_go(image, quickstart, postgres, tmp_path):
    postgres.sql("CREATE DATABASE quickstart")
    service = quickstart["services"]["dvara"]
    options = [option for option in service["command"] if not option.startswith(("--database-url", "--listen"))]
    assert "--database-url=postgres://dvara:dvara@postgres:5432/dvara" in service["command"]
    assert {mapping["published"] for mapping in service["ports"]} == {str(port) for port in SERVICES.values()}
    ports = {name: free_port() for name in SERVICES}
    sealed, log = Sealed(image.images()["dvara-llm-gateway"]), tmp_path / "log"
    try:
        with log.open("w") as output:
            process = sealed.start(
                *options,
                f"--database-url=postgres://dvara@127.0.0.1:{postgres.port}/quickstart",
                *(f"--{name}-port={port}" for name, port in ports.items()),
                output=output,
                **{key: value for key, value in service["environment"].items() if value is not None},
            )
        wait_until_ready(process, f"http://127.0.0.1:{ports['gateway']}", log)
        (key,) = set(re.findall(r"gw_[0-9a-f]{40}", log.read_text()))
        assert status_of(f"http://127.0.0.1:{ports['gateway']}/v1/models", key) == 200
    finally:
        sealed.clean_up()


def test_prometheus_scrapes_each_service_with_the_metrics_key(stack):
    config = yaml.safe_load((COMPOSE / "full/prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    targets = {}
    for name, job in jobs.items():
        assert job["metrics_path"] == "/actuator/prometheus"
        assert job["authorization"] == {"type": "Bearer", "credentials_file": "/run/secrets/metrics-api-key"}
        for found in job.get("static_configs", []):
            targets |= {target: name for target in found["targets"]}
        for found in job.get("dns_sd_configs", []):
            targets |= {f"{host}:{found['port']}": name for host in found["names"]}
    assert set(targets) == {f"{name}:{port}" for name, port in SERVICES.items()}
    assert stack["secrets"]["metrics-api-key"]["environment"] == "DVARA_ACTUATOR_METRICS_API_KEY"
    assert [secret["source"] for secret in stack["services"]["prometheus"]["secrets"]] == ["metrics-api-key"]


def test_prometheus_has_the_alerts_of_the_chart(stack):
    mounts = {volume["target"]: volume["source"] for volume in stack["services"]["prometheus"]["volumes"]}
    assert mounts["/etc/prometheus/rules"].endswith("/charts/meridian/files/rules")
    (pattern,) = yaml.safe_load((COMPOSE / "full/prometheus.yml").read_text())["rule_files"]
    rules = list((ROOT / "charts/meridian/files").glob(pattern))
    assert rules and all(yaml.safe_load(file.read_text())["groups"] for file in rules)


def test_prometheus_accepts_its_configuration():
    done = subprocess.run(
        ["promtool", "check", "config", "--syntax-only", COMPOSE / "full/prometheus.yml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_grafana_reads_the_dashboards_of_the_chart_from_prometheus(stack):
    mounts = {volume["target"]: volume["source"] for volume in stack["services"]["grafana"]["volumes"]}
    assert mounts["/var/lib/grafana/dashboards"].endswith("/charts/meridian/files/dashboards")
    provider = yaml.safe_load((COMPOSE / "full/grafana/dashboards.yml").read_text())["providers"][0]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    source = yaml.safe_load((COMPOSE / "full/grafana/datasources.yml").read_text())["datasources"][0]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    dashboards = [json.loads(file.read_text()) for file in (ROOT / "charts/meridian/files/dashboards").glob("*.json")]
    assert dashboards and len({dashboard["uid"] for dashboard in dashboards}) == len(dashboards)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
