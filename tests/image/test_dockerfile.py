"""The Dockerfile: no engine runs where these tests do, so a linter reads it, and its result is compared word by word."""

import json
import re
import shlex
import subprocess

import pack
import pytest
from conftest import ROOT, TOOLS

DOCKERFILE = ROOT / "deploy/image/Dockerfile"


def hadolint(text: str) -> list[dict]:
    done = subprocess.run([TOOLS / "hadolint", "--format", "json", "-"], input=text, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage, its base's first."""
    text = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text())
    lines = [line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in lines:
        if word == "FROM":
            base, _, name = rest.split(" ")
            current = found[name] = list(found.get(base, []))
        else:
            current.append((word, rest))
    return found


def test_linter_has_nothing_to_say():
    assert hadolint(DOCKERFILE.read_text()) == []


def test_linter_speaks_up():
    found = {finding["code"] for finding in hadolint("FROM debian\nRUN cd /tmp && apt-get install gcc\n")}
    assert {"DL3003", "DL3006", "DL3008"} <= found


def test_build_uses_the_compiler_that_the_project_asks_for():
    wanted = re.search(r'rust-version = "(.*)"', (ROOT / "Cargo.toml").read_text()).group(1)
    assert re.search(rf"^FROM rust:{re.escape(wanted)}[.-]", DOCKERFILE.read_text(), re.MULTILINE)


def test_build_takes_flags_from_the_script_that_packs():
    """Said once: both ways build the same program."""
    run = next(rest for word, rest in stages()["build"] if word == "RUN")
    assert ". scripts/static.sh" in run and "build_static dist" in run
    assert "RUSTFLAGS" not in DOCKERFILE.read_text()


def test_images_start_from_nothing_and_get_one_tree_and_a_folder_to_write_to():
    assert re.search(r"^FROM scratch AS base$", DOCKERFILE.read_text(), re.MULTILINE)
    wanted = ["--from=build /image/ /", f"--from=build --chown={pack.USER}:{pack.USER} /empty/ /var/lib/dvara/"]
    for name in pack.IMAGES:
        assert [rest for word, rest in stages()[name] if word in {"COPY", "ADD", "RUN"}] == wanted


@pytest.mark.parametrize("name", pack.IMAGES)
def test_image_runs_as_the_packed_one_does(name):
    packed = pack.run_configuration({}, *pack.IMAGES[name])
    built = stages()[name]

    def last(wanted: str) -> str:
        return [rest for word, rest in built if word == wanted][-1]

    assert last("USER") == packed["User"]
    assert json.loads(last("ENTRYPOINT")) == packed["Entrypoint"]
    assert json.loads(last("CMD")) == packed["Cmd"]
    assert last("WORKDIR") == packed["WorkingDir"]
    assert last("STOPSIGNAL") == packed["StopSignal"]
    assert [last("ENV")] == packed["Env"]
    assert {f"{last('EXPOSE')}/tcp": {}} == packed["ExposedPorts"]


@pytest.mark.parametrize("name", pack.IMAGES)
def test_image_is_probed_as_the_packed_one_is(name):
    health = pack.run_configuration({}, *pack.IMAGES[name])["Healthcheck"]
    (said,) = [rest for word, rest in stages()[name] if word == "HEALTHCHECK"]
    options, _, command = said.partition(" CMD ")
    assert ["CMD", *json.loads(command)] == health["Test"]
    values = dict(option.lstrip("-").split("=") for option in options.split())
    assert values.pop("retries") == str(health["Retries"])
    seconds = {name: int(value.rstrip("s")) * pack.SECOND for name, value in values.items()}
    assert seconds == {"interval": health["Interval"], "timeout": health["Timeout"], "start-period": health["StartPeriod"]}


@pytest.mark.parametrize("name", pack.IMAGES)
def test_labels_have_the_same_names(name):
    packed = pack.run_configuration({"org.opencontainers.image.licenses": ""}, *pack.IMAGES[name])["Labels"]
    labels = dict(part.split("=", 1) for word, rest in stages()[name] if word == "LABEL" for part in shlex.split(rest))
    assert labels["org.opencontainers.image.title"] == packed["org.opencontainers.image.title"]
    assert labels["org.opencontainers.image.source"] == pack.SOURCE
    # When it was made is what an engine writes itself.
    assert {"org.opencontainers.image.licenses", "org.opencontainers.image.version", "org.opencontainers.image.revision"} <= labels.keys()


def test_certificates_are_those_that_are_packed(tmp_path):
    run = next(rest for word, rest in stages()["build"] if word == "RUN")
    (command,) = re.findall(r"cat (\S+) >/image/etc/ssl/certs/ca-certificates.crt", run)
    done = subprocess.run(["bash", "-c", f"cat {command}"], env={"LC_ALL": "C"}, stdout=subprocess.PIPE, check=True)
    assert ("LC_ALL", "C") in [tuple(rest.split("=")) for word, rest in stages()["build"] if word == "ENV"]
    assert done.stdout == pack.ca_bundle(pack.CA_ROOTS)
