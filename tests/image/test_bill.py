"""What is published beside the images: the bill of materials, and the licences of what is in them."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, shell
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

TIME = "1700000000"


@pytest.fixture(scope="module")
def bill(image, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("bill") / "dvara.cdx.json"
    shell('scripts/install dist >&2; bill_of_materials "$1" "$2" "$3"', TIME, image.binary, file)
    return file.read_text()


@pytest.fixture(scope="module")
def licences(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("licences") / "licences.txt"
    shell('python3 deploy/image/licences.py "$1" --target "$STATIC_TARGET"', file)
    return file.read_text()


@pytest.fixture(scope="module")
def linked() -> set[tuple[str, str]]:
    """The crates of the program as cargo draws them."""
    tree = shell('cargo tree --locked --package dvara --edges normal --target "$STATIC_TARGET" --prefix none')
    return {(name, version.lstrip("v")) for name, version in (line.split()[:2] for line in tree.splitlines() if line)}


def names(bill: str) -> set[tuple[str, str]]:
    return {(part["name"], part["version"]) for part in json.loads(bill)["components"]}


def test_bill_is_cyclonedx(bill):
    errors = JsonStrictValidator(SchemaVersion.V1_5).validate_str(bill)
    assert errors is None


def test_validator_refuses_what_is_not_cyclonedx(bill):
    broken = json.loads(bill)
    broken["components"][0]["type"] = "sandwich"
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(broken)) is not None


def test_bill_names_what_is_linked_and_nothing_else(bill, linked):
    crates = {part for part in names(bill) if part[0] not in {"glibc", "rust-std", "mozilla-ca-certificates", "tiktoken-ranks"}}
    assert crates == linked - {("dvara", json.loads(bill)["metadata"]["component"]["version"])}
    for crate in ["dvara-gateway", "dvara-store", "hyper", "rustls", "aws-lc-rs", "sqlx-postgres", "tokio"]:
        assert crate in {name for name, _ in crates}
    # The lock file knows them, and no build of ours has them.
    assert {"ring", "libsqlite3-sys", "sqlx-mysql"}.isdisjoint({name for name, _ in crates})


def test_bill_names_what_cargo_does_not_know(bill):
    assert {"glibc", "rust-std", "mozilla-ca-certificates", "tiktoken-ranks"} <= {name for name, _ in names(bill)}


def test_bill_is_of_this_binary(bill, image):
    hashes = json.loads(bill)["metadata"]["component"]["hashes"]
    assert hashes == [{"alg": "SHA-256", "content": hashlib.sha256(image.binary.read_bytes()).hexdigest()}]


def test_dependencies_lead_to_components(bill):
    document = json.loads(bill)
    known = {part["bom-ref"] for part in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    for edge in document["dependencies"]:
        assert {edge["ref"], *edge["dependsOn"]} <= known


def test_neither_document_names_a_path_of_this_machine(bill, licences):
    for text in (bill, licences):
        assert "file://" not in text
        for folder in (str(ROOT), str(Path.home()) + "/", "/tmp/"):
            assert folder not in text


def test_bill_says_when_by_the_time_it_was_given(bill):
    assert json.loads(bill)["metadata"]["timestamp"].startswith("2023-11-14T22:13:20")
    assert "serialNumber" not in json.loads(bill), "a random number would make each bill another"


def test_licence_list_names_every_crate_of_others_with_its_licence(licences, linked):
    listed = set(re.findall(r"^([\w.-]+) ([\w.+-]+): \S", licences, re.MULTILINE))
    assert {crate for crate in linked if not crate[0].startswith("dvara")} <= listed
    for name in ("glibc 2.", "rust-std 1.", "mozilla-ca-certificates ", "tiktoken-ranks 0."):
        assert f"\n{name}" in licences


def test_licence_list_holds_the_texts(licences):
    for words in ("Permission is hereby granted, free of charge", "Apache License", "Redistribution and use in source and binary forms"):
        assert words in licences


def test_clone_has_no_bill_after_one_was_made(bill):
    """The tool would write beside every Cargo.toml."""
    found = subprocess.run(["git", "ls-files", "--others", "*.cdx.json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert not [line for line in found.stdout.splitlines() if not line.startswith("dist/")]
