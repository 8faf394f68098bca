"""The Dockerfile: no engine runs where these tests do, so a linter reads it, and its result is compared word by word."""

import json
import os
import re
import shlex
import stat
import subprocess
from pathlib import Path

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


def run_build_stage(folder: Path, roots: str = "") -> subprocess.CompletedProcess:
    """The script of the build stage in `folder`, as its SHELL says, with a program that is there instead of a build."""
    run = next(rest for word, rest in stages()["build"] if word == "RUN")
    script = re.sub(r"^(--mount=\S+ +)+", "", run)
    for place in ("/image", "/target", "/empty"):
        script = re.sub(rf"(?<![\w$}}]){place}\b", str(folder / place[1:]), script)
    # The one step that takes minutes.
    assert script.count(f"build_static dist {folder}/target;") == 1
    build = f'install -D $(type -P true) "{folder}/target/$STATIC_TARGET/dist/dvara";'
    script = script.replace(f"build_static dist {folder}/target;", build)
    shell = json.loads(next(rest for word, rest in stages()["build"] if word == "SHELL"))
    given = dict(rest.split("=") for word, rest in stages()["build"] if word == "ENV")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "DVARA_LICENSE_ROOTS": roots, **given}
    return subprocess.run([*shell, script], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_build_stage_makes_the_tree_that_is_packed(tmp_path):
    done = run_build_stage(tmp_path)
    assert done.returncode == 0, done.stdout
    tree = tmp_path / "image"
    found = {str(path.relative_to(tree)): stat.S_IMODE(path.stat().st_mode) for path in tree.rglob("*")}
    packed = pack.layer_entries(b"", b"")
    wanted = {name.rstrip("/"): entry.mode for name, entry in packed.items() if not name.startswith("var/")}
    assert found == wanted
    assert (tree / pack.CA_BUNDLE).read_bytes() == pack.ca_bundle(pack.CA_ROOTS)
    assert list((tmp_path / "empty").iterdir()) == []


def test_build_stage_refuses_a_test_root(tmp_path):
    done = run_build_stage(tmp_path, roots="release-1:AAAA,test-image:AAAA")
    assert done.returncode == 1 and "names a test root" in done.stdout
    assert not (tmp_path / "image").exists()
