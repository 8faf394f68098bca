"""The binary of the image: it needs nothing, and tells nothing about the machine that made it."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from pack import USER
from sealed import Sealed, status_of, wait_until_ready

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def sealed(image):
    sealed = Sealed(image.images()["dvara-llm-gateway"])
    yield sealed
    sealed.clean_up()


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(image, postgres, port: int) -> dict[str, str]:
    return {
        **postgres.datasource(),
        "DVARA_LICENSE_KEY": image.licence,
        "DVARA_AUDIT_HMAC_SECRET": SECRET,
        "SERVER_PORT": str(port),
    }


def readelf(image, *options: str) -> str:
    return subprocess.run(["readelf", "--wide", *options, image.binary], stdout=subprocess.PIPE, text=True, check=True).stdout


def test_binary_asks_for_no_interpreter_and_no_library(image):
    assert "INTERP" not in readelf(image, "--program-headers")
    assert "NEEDED" not in readelf(image, "--dynamic")


def test_binary_is_position_independent_and_its_tables_are_read_only(image):
    assert re.search(r"Flags: NOW PIE", readelf(image, "--dynamic"))
    headers = readelf(image, "--program-headers")
    assert "GNU_RELRO" in headers
    stack = next(line for line in headers.splitlines() if "GNU_STACK" in line)
    assert "RWE" not in stack, "the stack must not be executable"


def test_binary_names_no_path_of_the_building_machine(image):
    content = image.binary.read_bytes()
    home = Path.home()
    for folder in {home, home / ".cargo", Path(os.environ.get("CARGO_HOME", home / ".cargo")), Path(__file__).parents[2]}:
        assert f"{folder}/".encode() not in content, f"{folder} is in the binary"


def test_binary_runs_without_any_other_file_and_without_devices(sealed):
    code, output = sealed.run("--version")
    assert (code, output.startswith("dvara ")) == (0, True), output
    code, output = sealed.run("license", "evaluation")
    assert (code, output.startswith("DVARA-")) == (0, True), output


def test_s193_gateway_serves_from_a_read_only_root_as_user_1001(image, postgres, sealed, port, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as output:
        process = sealed.start(output=output, **settings(image, postgres, port))
    wait_until_ready(process, f"http://127.0.0.1:{port}", log)
    assert identity_of(process.pid) == {USER}
    mounts = Path(f"/proc/{process.pid}/mounts").read_text().splitlines()
    # What the process sees as its root, and what it can write at all.
    assert [line.split()[3].split(",")[0] for line in mounts if line.split()[1] == "/"] == ["ro"]
    # The image's own probe finds it too.
    code, answer = sealed.run("healthcheck", f"http://127.0.0.1:{port}/actuator/health/liveness")
    assert (code, answer.strip()) == (0, "200")
    process.send_signal(signal.SIGTERM)
    assert process.wait(45) == 0, log.read_text()
    assert files_in(sealed.root) == ["dvara", "etc/ssl/certs/ca-certificates.crt"]


def test_sealed_root_refuses_writes_outside_tmp(sealed):
    """The counter-proof: the root of these tests is really read-only."""
    code, output = sealed.run("license", "keygen", "--kid", "test-x", "--key-file", "/key")
    assert code != 0 and "Read-only file system" in output, output
    code, output = sealed.run("license", "keygen", "--kid", "test-x", "--key-file", "/tmp/key")
    assert code == 0, output


def test_release_binary_refuses_the_licence_of_another_root(image, sealed, port):
    """A licence signed with the key that is public opens no service."""
    _, evaluation = sealed.run("license", "evaluation")
    code, output = sealed.run("gateway", DVARA_LICENSE_KEY=evaluation.strip(), SERVER_PORT=str(port))
    assert code == 64, output
    assert "LicenseValidationException" in output
    assert status_of(f"http://127.0.0.1:{port}/actuator/health") is None


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def identity_of(process: int) -> set[int]:
    status = Path(f"/proc/{process}/status").read_text()
    lines = (line for line in status.splitlines() if line.startswith(("Uid:", "Gid:")))
    return {int(number) for line in lines for number in line.split()[1:]}
