"""The licence: needed by all three services, before anything else, and not to be got round."""

from __future__ import annotations

import socket

import pytest
from service import NO_LICENCE, SERVICES


@pytest.mark.parametrize("licence", ["TRIAL-abc.def", "dvara-abc.def", "abc.def"])
def test_s005_a_licence_with_another_prefix_is_rejected(service, licence):
    refusal = service("gateway", DVARA_LICENSE_KEY=licence).refused()
    assert refusal.code == 64
    assert refusal.lines[0].startswith("LicenseValidationException: ") and "DVARA-" in refusal.lines[0]
    assert licence not in refusal.said


def test_s006_the_gateway_does_not_start_without_a_licence(service):
    refusal = service("gateway", DVARA_LICENSE_KEY=None).refused()
    assert (refusal.code, refusal.lines[0]) == (64, NO_LICENCE)


@pytest.mark.parametrize(
    "way_round",
    [
        {"SPRING_PROFILES_ACTIVE": "dev"},
        {"SPRING_PROFILES_ACTIVE": "test,ci,local"},
        {"DVARA_LICENSE_ENABLED": "false"},
        {"DVARA_LICENSE_REQUIRED": "false"},
        {"DVARA_LICENSE_CHECK": "off"},
        {"DVARA_LICENSE_BYPASS": "true"},
        {"DVARA_LICENSE_ROOTS": "mine:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"DVARA_LICENSE_KEY": " "},
    ],
    ids=str,
)
def test_s007_no_variable_starts_it_unlicensed(service, way_round):
    refusal = service("gateway", **{"DVARA_LICENSE_KEY": None, **way_round}).refused()
    assert (refusal.code, refusal.lines[0]) == (64, NO_LICENCE)


def test_s007_no_property_in_a_file_starts_it_unlicensed(service):
    gateway = service("gateway", DVARA_LICENSE_KEY=None)
    (gateway.folder / "gateway.yaml").write_text("dvara:\n  license:\n    required: false\n    enabled: false\n")
    assert gateway.refused().lines[0] == NO_LICENCE


def test_s007_no_flag_starts_it_unlicensed(service):
    gateway = service("gateway", DVARA_LICENSE_KEY=None)
    for flag in ("--no-license", "--unlicensed", "--license=none", "--dev"):
        done = gateway.run("gateway", flag, check=False)
        assert done.returncode != 0 and "unexpected argument" in done.stdout, done.stdout
    # The licence that anybody can make is for `dvara up` alone.
    evaluation = gateway.run("license", "evaluation").stdout.strip()
    refusal = service("gateway", DVARA_LICENSE_KEY=evaluation).refused()
    assert refusal.code == 64 and "dvara up" in refusal.lines[0]


@pytest.mark.parametrize("command", SERVICES)
def test_s084_each_of_the_three_needs_a_licence(service, command):
    refusal = service(command, DVARA_LICENSE_KEY=None).refused()
    assert (refusal.code, refusal.lines[0]) == (64, NO_LICENCE)


@pytest.mark.parametrize("command", SERVICES)
def test_s080_a_licence_with_a_bad_signature_is_rejected(service, build, command):
    head, signature = build.licence.rsplit(".", 1)
    refusal = service(command, DVARA_LICENSE_KEY=f"{head}.{flip(signature, 9)}").refused()
    assert refusal.code == 64
    assert refusal.lines[0].startswith("LicenseValidationException: ") and "signature" in refusal.lines[0]
    other_claims = service(command, DVARA_LICENSE_KEY=f"{flip(head, 40)}.{signature}").refused()
    assert other_claims.lines[0].startswith("LicenseValidationException: ")


def flip(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


@pytest.mark.parametrize("command", SERVICES)
def test_s085_the_licence_is_checked_before_any_connection_is_made(service, command):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        url = f"jdbc:postgresql://127.0.0.1:{listener.getsockname()[1]}/dvara"
        refusal = service(command, DVARA_LICENSE_KEY=None, SPRING_DATASOURCE_URL=url).refused()
        assert refusal.lines[0] == NO_LICENCE
        with pytest.raises(BlockingIOError):
            listener.accept()
