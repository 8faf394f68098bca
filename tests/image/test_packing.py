"""Packing is a function of what is packed: the same bytes, wherever and whenever it runs."""

import gzip
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import oci
import pack
import pytest
from oci import Entry, Layer

PACK = Path(pack.__file__)
OPTIONS = ["--version", "1.2.3", "--revision", "f" * 40, "--created", "1700000000"]


@pytest.fixture
def binary(tmp_path):
    """A program that is small, so that packing it takes no time."""
    path = tmp_path / "dvara"
    shutil.copy(shutil.which("true"), path)
    return path


def packed(binary: Path, archive: Path, **environment: str) -> bytes:
    subprocess.run(
        [sys.executable, PACK, binary, archive, *OPTIONS], check=True, cwd=archive.parent, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    return archive.read_bytes()


def test_packing_twice_gives_the_same_bytes(binary, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = packed(binary, tmp_path / "one.tar")
    # Another place, another age and mode of the file, another locale, time zone and order of dictionaries.
    copy = shutil.copy(binary, elsewhere / "dvara")
    os.utime(copy, (1, 1))
    os.chmod(copy, 0o700)
    time.sleep(1.1)
    again = packed(copy, elsewhere / "two.tar", LC_ALL="C", TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert first == again


def test_another_binary_version_or_time_gives_another_archive(binary):
    content = binary.read_bytes()
    bundle = b"-----BEGIN CERTIFICATE-----"

    def archive(content=content, version="1.2.3", created=1) -> bytes:
        return oci.archive(pack.pack(content, bundle, version=version, revision="f" * 40, created=created))

    first = archive()
    assert first == archive()
    others = [archive(content=content + b"\0"), archive(version="1.2.4"), archive(created=2)]
    assert len({first, *others}) == 4


def test_entries_come_in_one_order():
    entries = {"b": Entry(0o644, b"2"), "a/": Entry(0o755), "a/c": Entry(0o644, b"1")}
    assert oci.tar(entries) == oci.tar(dict(reversed(entries.items())))


@pytest.mark.parametrize("data", [b"", b"x", b"dvara" * 100_000], ids=["nothing", "one byte", "much"])
def test_gzip_is_read_by_others_and_carries_no_time(data):
    compressed = oci.gzip(data)
    assert gzip.decompress(compressed) == data
    assert compressed[4:8] == b"\0\0\0\0"


def test_certificates_are_joined_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b.crt").write_text("-----BEGIN CERTIFICATE-----\nb\n\n")
    (tmp_path / "a.crt").write_text("-----BEGIN CERTIFICATE-----\na")
    (tmp_path / "c.txt").write_text("not one")
    bundle = b"-----BEGIN CERTIFICATE-----\na\n-----BEGIN CERTIFICATE-----\nb\n"
    assert pack.ca_bundle(tmp_path) == bundle


def test_no_image_is_packed_without_certificates(tmp_path):
    with pytest.raises(SystemExit, match="no certificate"):
        pack.ca_bundle(tmp_path)


def test_only_programs_for_known_machines_are_packed():
    with pytest.raises(SystemExit, match="no ELF program"):
        pack.architecture(b"#!/bin/sh\n" + b" " * 20)


def test_changed_blob_in_an_archive_is_found(binary, tmp_path):
    archive = tmp_path / "one.tar"
    packed(binary, archive)
    layer = oci.read(archive)[0].layer
    content = bytearray(archive.read_bytes())
    content[content.index(layer) + len(layer) // 2] ^= 1
    archive.write_bytes(content)
    with pytest.raises(ValueError, match="other bytes than its name says"):
        oci.read(archive)


def test_layer_names_its_uncompressed_digest():
    layer = Layer.of({"a": Entry(0o644, b"1")})
    assert layer.diff_id == oci.digest_of(gzip.decompress(layer.blob))
