"""Pushing images: against a real registry, with every kind of sign-in that registries ask for."""

import json
import os
import subprocess
import sys

import oci
import pack
import pytest
from conftest import ROOT
from own_registry import PASSWORD, USER, OwnRegistry, TokenGate
from registry import Registry, RegistryError

PARENT = "dvarahq/dvara"


@pytest.fixture
def registry():
    registry = OwnRegistry()
    yield registry
    registry.clean_up()


@pytest.fixture
def guarded():
    registry = OwnRegistry(guarded=True)
    yield registry
    registry.clean_up()


@pytest.fixture(scope="module")
def small() -> oci.Image:
    """An image that takes no time."""
    program = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little") + bytes(100)
    return pack.pack(program, b"-----BEGIN CERTIFICATE-----", version="1.2.3", revision="f" * 40, created=1)[0]


@pytest.fixture
def small_archive(small, tmp_path):
    path = tmp_path / "image.tar"
    path.write_bytes(oci.archive([small]))
    return path


def push(archive, host: str, *options: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "deploy/image/push.py", archive, f"{host}/{PARENT}", "--plain-http", *options]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DVARA_")}
    return subprocess.run(command, env={**inherited, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def credentials(password: str = PASSWORD) -> dict[str, str]:
    return {"DVARA_REGISTRY_USER": USER, "DVARA_REGISTRY_PASSWORD": password}


def test_three_images_share_one_layer_in_the_registry(image, registry):
    done = push(image.archive, registry.host)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    # Three manifests, three configurations, one layer.
    assert len(registry.blobs()) == 7


def test_images_that_are_there_already_are_pushed_again_without_harm(small_archive, registry):
    first, again = push(small_archive, registry.host), push(small_archive, registry.host)
    assert (first.returncode, first.stdout) == (again.returncode, again.stdout) == (0, first.stdout)


def test_published_version_is_never_replaced(small, small_archive, registry, tmp_path):
    assert push(small_archive, registry.host).returncode == 0
    published = registry.blobs()
    other = oci.Image.of(small.reference, json.loads(small.config), oci.Layer.of({"dvara": oci.Entry(0o755, b"another")}))
    path = tmp_path / "other.tar"
    path.write_bytes(oci.archive([other]))
    done = push(path, registry.host)
    assert done.returncode == 1
    assert "is already published" in done.stderr and "never replaced" in done.stderr
    assert registry.blobs() == published


def test_archive_of_another_version_is_not_pushed(small_archive, registry):
    done = push(small_archive, registry.host, "--version", "1.2.4")
    assert done.returncode == 1
    assert "are not version 1.2.4; nothing was pushed" in done.stderr
    assert registry.blobs() == set()


def test_password_is_sent_to_who_asks_for_one(small_archive, guarded):
    done = push(small_archive, guarded.host, **credentials())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("environment", [{}, credentials("wrong")], ids=["nobody", "wrong password"])
def test_stranger_pushes_nothing_and_reads_why(small_archive, guarded, environment):
    done = push(small_archive, guarded.host, **environment)
    assert done.returncode == 1
    assert "401" in done.stderr and "wrong" not in done.stderr
    assert guarded.blobs() == set()


def test_token_is_fetched_for_each_repository(image, registry):
    gate = TokenGate(registry.host)
    try:
        done = push(image.archive, gate.host, **credentials())
        assert done.returncode == 0, done.stderr
        assert gate.scopes == [f"repository:{PARENT}/{name}:pull,push" for name in pack.IMAGES]
    finally:
        gate.clean_up()


def test_refused_token_is_an_error(small_archive, registry):
    gate = TokenGate(registry.host)
    try:
        done = push(small_archive, gate.host, **credentials("wrong"))
        assert done.returncode == 1
        assert "gave no token for dvarahq/dvara/dvara-llm-gateway: 403" in done.stderr
    finally:
        gate.clean_up()


def test_registry_that_gives_other_bytes_is_found_out(small, registry):
    client = Registry(registry.host, plain_http=True)
    client.push(f"{PARENT}/x", "1", small)
    assert client.pull(f"{PARENT}/x", "1").layer == small.layer
    (data,) = registry.folder.glob(f"store/docker/registry/v2/blobs/sha256/*/{oci.digest_of(small.layer)[7:]}/data")
    data.write_bytes(bytes(len(small.layer)))
    with pytest.raises(RegistryError, match="other bytes"):
        client.pull(f"{PARENT}/x", "1")


def test_registry_that_is_not_there_is_named(small):
    with pytest.raises(RegistryError, match="127.0.0.1:9"):
        Registry("127.0.0.1:9", plain_http=True).push("x", "1", small)
