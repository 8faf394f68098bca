"""Publishing: what `scripts/release` does, against a registry of this machine, and the workflow that calls it."""

import json
import os
import re
import subprocess
import tarfile

import pytest
import yaml
from conftest import ROOT, TOOLS
from own_registry import OwnRegistry

WORKFLOW = ROOT / ".github/workflows/release.yml"
IMAGES = ["dvara-llm-gateway", "dvara-flightdeck", "dvara-mcp-gateway"]
HELM = os.path.expanduser("~/.cache/dvara/tools/bin/helm")


@pytest.fixture
def registry():
    registry = OwnRegistry()
    yield registry
    registry.clean_up()


def version() -> str:
    return re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)


def release(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DVARA_")}
    return subprocess.run([ROOT / "scripts/release", *map(str, arguments)], env={**inherited, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_s010_release_publishes_three_images_and_the_chart_that_can_be_pulled(image, registry, tmp_path):
    parent = f"{registry.host}/dvarahq/dvara"
    done = release(version(), "--registry", parent, "--plain-http", "--archive", image.archive)
    assert done.returncode == 0, done.stdout + done.stderr

    packed = image.images()
    for name in IMAGES:
        # Pulled by a tool that checks every digest on the way.
        copy = tmp_path / name
        subprocess.run(["skopeo", "copy", "--quiet", "--src-tls-verify=false", f"docker://{parent}/{name}:{version()}", f"dir:{copy}"], check=True)
        manifest = (copy / "manifest.json").read_bytes()
        assert manifest == packed[name].manifest
        parts = json.loads(manifest)
        for part, content in [(parts["config"], packed[name].config), (parts["layers"][0], packed[name].layer)]:
            assert (copy / part["digest"].removeprefix("sha256:")).read_bytes() == content

    chart = yaml.safe_load((ROOT / "charts/meridian/Chart.yaml").read_text())
    for helm in ("helm3", "helm4"):
        folder = tmp_path / helm
        folder.mkdir()
        pull = [HELM.removesuffix("helm") + helm, "pull", f"oci://{parent}/charts/meridian", "--version", chart["version"], "--plain-http"]
        subprocess.run([*pull, "--destination", folder], check=True, stdout=subprocess.DEVNULL)
        (archive,) = folder.iterdir()
        with tarfile.open(archive) as pulled:
            assert yaml.safe_load(pulled.extractfile("meridian/Chart.yaml")) == chart
    assert chart["appVersion"] == version(), "the chart runs the images that were published with it"


def test_s010_workflow_publishes_by_that_script_where_the_guide_pulls_from():
    (job,) = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    (publish,) = [command for command in commands if command.startswith("scripts/release")]
    assert publish == 'scripts/release "${TAG#v}"', "no option: what the script does by default is what is published"
    script = (ROOT / "scripts/release").read_text()
    assert "repository=ghcr.io/dvarahq/dvara " in script and 'push_chart "$repository/charts"' in script
    assert job["permissions"]["packages"] == "write"
    # Nothing is published that was not tested.
    assert commands.index("sudo --set-home make test") < commands.index(publish)


def test_workflow_is_one_and_hides_its_secrets():
    schema = subprocess.run([TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW], stdout=subprocess.PIPE, text=True)
    assert schema.returncode == 0, schema.stdout
    audit = subprocess.run([TOOLS / "zizmor", "--offline", "--no-progress", WORKFLOW], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert audit.returncode == 0, audit.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["9.9.9"], {}, "Cargo.toml says version"),
        (["VERSION"], {}, "DVARA_LICENSE_ROOTS is not set"),
        (["VERSION", "--archive", "image.tar"], {}, "goes to a registry on this machine only"),
        (["VERSION", "--archive", "image.tar", "--registry", "localhost.example.com/x"], {}, "goes to a registry on this machine only"),
        (["VERSION", "--force"], {}, "'--force' is none of"),
    ],
    ids=["another version", "no licence root", "archive to the world", "archive to a look-alike", "unknown option"],
)
def test_release_refuses(arguments, environment, words):
    done = release(*[version() if argument == "VERSION" else argument for argument in arguments], **environment)
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize("roots", ["test-image:AAAA", "release-1:AAAA,test-image:AAAA"])
def test_product_is_not_built_with_a_test_root(roots):
    done = subprocess.run([ROOT / "scripts/image"], env={**os.environ, "DVARA_LICENSE_ROOTS": roots}, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "names a test root" in done.stderr
