"""The archive: what a cluster or a registry gets."""

import gzip
import json
import subprocess
import tarfile
from io import BytesIO

import oci
import pack
import pytest

NAMES = ["dvara-flightdeck", "dvara-llm-gateway", "dvara-mcp-gateway"]
# 2.3 MB of what is unpacked are the tokens of OpenAI's models (ADR 22).
LIMIT_TO_PULL, LIMIT_UNPACKED = 25_000_000, 36_000_000


@pytest.fixture(scope="module")
def images(image):
    return image.images()


def config_of(image: oci.Image) -> dict:
    return json.loads(image.config)


def files_of(image: oci.Image) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=BytesIO(image.layer), mode="r:gz") as layer:
        return {entry.name: entry for entry in layer}


def test_archive_has_the_three_images_of_the_guide_under_one_version(image, images):
    assert sorted(images) == NAMES
    version = config_of(images["dvara-flightdeck"])["config"]["Labels"]["org.opencontainers.image.version"]
    assert {entry.reference for entry in images.values()} == {f"ghcr.io/dvarahq/dvara/{name}:{version}" for name in NAMES}
    said = subprocess.run([image.binary, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.strip() == f"dvara {version}"


def test_images_share_their_only_layer(images):
    assert len({entry.layer for entry in images.values()}) == 1
    assert all(len(json.loads(entry.manifest)["layers"]) == 1 for entry in images.values())


def test_image_holds_two_files_and_no_shell(images):
    files = files_of(images["dvara-llm-gateway"])
    regular = {name: entry for name, entry in files.items() if entry.isfile()}
    assert sorted(regular) == ["dvara", "etc/ssl/certs/ca-certificates.crt"]
    assert regular["dvara"].mode == 0o755
    assert regular["etc/ssl/certs/ca-certificates.crt"].mode == 0o644
    folders = {name: entry.mode for name, entry in files.items() if entry.isdir()}
    assert folders == dict.fromkeys(["etc", "etc/ssl", "etc/ssl/certs", "var", "var/lib", "var/lib/dvara"], 0o755) | {"tmp": 0o1777}
    assert len(files) == len(regular) + len(folders), "there is something else than files and folders"


def test_everything_in_the_image_is_roots_but_the_folder_for_a_volume(images):
    for entry in files_of(images["dvara-llm-gateway"]).values():
        owner = 1001 if entry.name == "var/lib/dvara" else 0
        assert (entry.uid, entry.gid, entry.uname, entry.gname) == (owner, owner, "", "")
        assert entry.mtime == 0


def test_image_has_the_binary_that_was_built(image, images):
    with tarfile.open(fileobj=BytesIO(images["dvara-llm-gateway"].layer), mode="r:gz") as layer:
        assert layer.extractfile("dvara").read() == image.binary.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_s192_image_runs_as_user_1001(images, name):
    assert config_of(images[name])["config"]["User"] == "1001:1001"


@pytest.mark.parametrize(
    ("name", "command", "port"),
    [("dvara-llm-gateway", "gateway", 8080), ("dvara-flightdeck", "flightdeck", 8090), ("dvara-mcp-gateway", "mcp", 8070)],
)
def test_each_image_starts_its_own_service(images, name, command, port):
    config = config_of(images[name])
    run = config["config"]
    assert (config["os"], config["architecture"]) in {("linux", "amd64"), ("linux", "arm64")}
    assert (run["Entrypoint"], run["Cmd"]) == (["/dvara"], [command])
    assert run["ExposedPorts"] == {f"{port}/tcp": {}}
    assert run["Healthcheck"]["Test"][-1] == f"http://127.0.0.1:{port}/actuator/health/liveness"


def test_labels_say_what_was_built(image, images):
    labels = config_of(images["dvara-mcp-gateway"])["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "DVARA MCP Gateway"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert len(labels["org.opencontainers.image.revision"]) == 40
    assert json.loads(images["dvara-mcp-gateway"].manifest)["annotations"] == labels


def test_layer_digest_in_the_configuration_is_the_uncompressed_one(images):
    entry = images["dvara-llm-gateway"]
    assert config_of(entry)["rootfs"]["diff_ids"] == [oci.digest_of(gzip.decompress(entry.layer))]


def test_image_is_small(images):
    """What a registry sends and a node lists, and what it is unpacked."""
    image = images["dvara-llm-gateway"]
    to_pull = len(image.layer) + len(image.config) + len(image.manifest)
    unpacked = sum(entry.size for entry in files_of(image).values())
    print(f"image: {to_pull / 1e6:.1f} MB to pull, {unpacked / 1e6:.1f} MB unpacked")
    assert to_pull <= LIMIT_TO_PULL
    assert unpacked <= LIMIT_UNPACKED


def test_certificates_are_mozillas_and_none_of_this_machine(images):
    with tarfile.open(fileobj=BytesIO(images["dvara-llm-gateway"].layer), mode="r:gz") as layer:
        bundle = layer.extractfile("etc/ssl/certs/ca-certificates.crt").read()
    of_the_package = sorted(pack.CA_ROOTS.glob("*.crt"))
    assert bundle.count(b"BEGIN CERTIFICATE") == len(of_the_package) > 100


def test_independent_tool_reads_every_image_of_the_archive(image, images, tmp_path):
    """skopeo follows the digests from the index down and checks each."""
    layout = tmp_path / "layout"
    layout.mkdir()
    with tarfile.open(image.archive) as archive:
        archive.extractall(layout, filter="data")
    index = json.loads((layout / "index.json").read_text())
    for position, entry in enumerate(index["manifests"]):
        # skopeo picks an image of a layout by its tag, and the three have one tag: give it an index with one.
        (layout / "index.json").write_text(json.dumps({**index, "manifests": [entry]}))
        copy = tmp_path / f"copy-{position}"
        subprocess.run(["skopeo", "copy", "--quiet", f"oci:{layout}", f"dir:{copy}"], check=True)
        assert oci.digest_of((copy / "manifest.json").read_bytes()) == entry["digest"]
